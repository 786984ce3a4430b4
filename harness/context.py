"""The system prompt, built from its named sections with the role's overlay last."""

from harness.settings import Persona, Role


def system_prompt(persona: Persona, role: Role, now: str | None = None) -> str:
    """Return the system prompt: each section under its heading, then the time where there is one, then the role's.

    What the persona says under no heading stands before them all, as it is written.
    """
    sections = list(persona.sections.items())
    if now is not None:
        sections.append(("Time", f"It is {now}."))
    sections.append((f"Role: {role.label}", role.overlay))
    headed = (f"## {name}\n\n{text.strip()}" for name, text in sections if text.strip())
    return "\n\n".join(([persona.preamble] if persona.preamble.strip() else []) + list(headed))
