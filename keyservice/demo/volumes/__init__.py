"""An encrypted volume store: a small linked service that EC2's own clients call to make, attach and delete volumes."""
