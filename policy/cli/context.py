"""The option --context, and how a request's condition keys are written on a command line."""


def read_context(given: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """KEY=VALUE options; the values of one key, whatever its case, belong together.

    Raises:
        ValueError: an option is not of the form.
    """
    context: dict[str, tuple[str, ...]] = {}
    spelling: dict[str, str] = {}
    for option in given:
        key, equals, value = option.partition("=")
        if not (key.strip() and equals):
            raise ValueError(f"`{option}` is no condition key with its value, expected KEY=VALUE")
        name = spelling.setdefault(key.strip().lower(), key.strip())
        context[name] = (*context.get(name, ()), value)
    return context
