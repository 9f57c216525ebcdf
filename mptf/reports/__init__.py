"""Reports: chosen, previewed, written as files in the background, and downloaded."""
