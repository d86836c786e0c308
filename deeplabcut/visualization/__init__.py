"""Arrays become pixels and figures."""
