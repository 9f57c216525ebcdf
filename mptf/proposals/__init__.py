"""Proposals of participating organisations: started by an office, written by its people, seen by nobody else."""
