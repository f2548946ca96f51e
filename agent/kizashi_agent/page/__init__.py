"""The self-check in a browser: a page on this laptop's loopback, served by the agent itself.

It stands above everything else in the agent and adds no second way to do anything: its steps call
what the commands call.
"""
