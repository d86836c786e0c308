"""Representations of poses that networks learn: each codec draws keypoints as maps and reads them back."""
