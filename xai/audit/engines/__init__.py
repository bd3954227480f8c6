"""Engines of an audit: what examines its parts, in this process, in several, or on a cluster."""
