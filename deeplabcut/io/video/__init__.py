"""Videos: exact reading by packet index, confined decoding, integrity checks, writing and editing."""
