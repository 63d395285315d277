"""The few words in a chart, which is drawn here, in the languages of the page."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    wait: str
    depth: str
    replicas: str
    running: str
    wanted: str
    target: str
    max: str
    min: str
    title: str
    description: str


ENGLISH = Words(
    wait="Wait, s",
    depth="Messages",
    replicas="Replicas",
    running="running",
    wanted="wanted",
    target="target {} s",
    max="max {}",
    min="min {}",
    title="{name}: {measure} and replicas",
    description="From {start} to {end} ({zone}). {measure}: now {value}, at most {highest}."
    " Replicas: now {running}, from {fewest} to {most}.",
)
PORTUGUESE = Words(
    wait="Espera, s",
    depth="Mensagens",
    replicas="Réplicas",
    running="em execução",
    wanted="desejadas",
    target="meta {} s",
    max="máx. {}",
    min="mín. {}",
    title="{name}: {measure} e réplicas",
    description="De {start} a {end} ({zone}). {measure}: agora {value}, no máximo {highest}."
    " Réplicas: agora {running}, de {fewest} a {most}.",
)
LANGUAGES = {"en": ENGLISH, "pt": PORTUGUESE}
