"""Taking one's keys to another laptop, or through the loss of this one."""
