"""What music fits a mood, and which of it to choose: pure."""
