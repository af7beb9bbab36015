"""Every call leaves a record in AWS CloudTrail's form, on a trail that survives the process."""
