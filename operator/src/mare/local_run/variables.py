"""Variables in a file: $NAME, ${NAME}, ${NAME:-default}, and $$ for a dollar sign."""

import re
from collections.abc import Mapping

_VARIABLE = re.compile(r"\$(?:(\$)|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?::-([^}]*))?\})")


class UnsetVariable(ValueError):
    """A variable has no value. The message says what to do."""


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Replace the variables in `text` by their values; raise `UnsetVariable`."""

    def value(found: "re.Match[str]") -> str:
        if found[1]:
            return "$"
        name, default = found[2] or found[3], found[4]
        given = variables.get(name, "")
        if given or (name in variables and default is None):
            return given
        if default is None:
            raise UnsetVariable(
                f"${name} is not set; set it, or write a default: ${{{name}:-VALUE}}"
            )
        return default

    return _VARIABLE.sub(value, text)
