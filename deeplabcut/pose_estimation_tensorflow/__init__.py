"""The TensorFlow engine: here, the pretrained weights that its networks start from."""
