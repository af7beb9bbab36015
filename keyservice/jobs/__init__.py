"""What the service does by itself when its time has come: rotation, deletion, the expiry of imported material."""
