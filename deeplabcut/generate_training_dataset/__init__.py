"""From videos to a training set: frames, labels, splits."""
