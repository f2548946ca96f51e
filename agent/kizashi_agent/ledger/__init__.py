"""Every message that this laptop sent or received, kept encrypted for the person alone."""
