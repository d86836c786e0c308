"""Verbs with checked arguments, run here or in a child process, reporting as events: what every front end speaks to."""
