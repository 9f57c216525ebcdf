"""Calls for proposals: drafted, published, amended, closed by the clock; who may answer, with what, until when."""
