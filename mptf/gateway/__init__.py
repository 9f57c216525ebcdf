"""Figures published by the MPTF Office Gateway for all its funds; never mixed with a fund's own."""
