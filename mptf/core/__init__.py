"""What every room stands on; knows nothing of funds, people or pages."""
