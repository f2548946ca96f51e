"""What the laptop and the server must agree on."""
