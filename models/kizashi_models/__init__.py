"""Models with their cards: ONNX files, the registry that checks them, and what runs them."""
