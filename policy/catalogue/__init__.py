"""What AWS defines and policies refer to, as data: condition operators, actions, resource types, condition keys."""
