"""Variables in a file: $NAME, ${NAME}, ${NAME:-otherwise}, and $$ for a dollar."""

import re
from collections.abc import Mapping

_VARIABLE = re.compile(r"\$(?:(\$)|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?::-([^}]*))?\})")


class UnsetVariable(ValueError):
    """A variable has no value; the text says what to do."""


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Put the values in place; raise `UnsetVariable`."""

    def value(found: "re.Match[str]") -> str:
        if found[1]:
            return "$"
        name, otherwise = found[2] or found[3], found[4]
        given = variables.get(name, "")
        if given or (name in variables and otherwise is None):
            return given
        if otherwise is None:
            raise UnsetVariable(
                f"${name} is not set; set it, or write ${{{name}:-VALUE}} for what to take then"
            )
        return otherwise

    return _VARIABLE.sub(value, text)
