"""Submissions: what an office sent, frozen with its hash; what the Secretariat returned of it, and what came back."""
