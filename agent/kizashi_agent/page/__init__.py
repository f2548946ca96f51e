"""The self-check in a browser on this laptop; stands above everything else in the agent."""
