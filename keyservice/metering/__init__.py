"""What each call costs, counted from marks that stand on the trail beside the call's event."""
