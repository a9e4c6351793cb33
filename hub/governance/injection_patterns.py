"""What orders to a model look like inside material: re2 patterns by kind, over folded text in lower case.

A pattern wants more than an order: it has to speak to a machine, or of its instructions. "Forget the rules of winter"
is copy; "forget your instructions" is none. Every gap between words is bounded, which keeps the patterns small.
"""

from __future__ import annotations

from typing import NamedTuple

_S = r"[\s_*-]+"  # between two words: a name of a file has underscores there
# The instructions a model was given, in four languages. Each wants a word that says whose or which they are.
_EN = (
    r"(?:(?:all|any|your|these|those|the|of|previous|prior|earlier|preceding|above|other|original|initial|safety|system"
    r"|hidden|own)[\s_*-]+){0,4}"
)
_EN_WHAT = r"(?:instructions?|rules?|prompts?|guidelines?|directions?|guardrails|programming|orders|polic(?:y|ies))"
_EN_WHICH = (
    rf"(?:(?:(?:all|any|the|of){_S}){{0,3}}(?:your|previous|prior|earlier|preceding|above|original|initial|safety|system)"
    rf"{_S}{_EN}{_EN_WHAT}"
    rf"|(?:all|any){_S}(?:of{_S})?(?:the{_S})?(?:rules|instructions|prompts|guardrails)"
    rf"|(?:the{_S}|all{_S}|any{_S}){{0,2}}{_EN_WHAT}{_S}(?:above|before|you{_S}(?:were|have|got|follow)|so{_S}far)"
    rf"|(?:everything|anything|all|what){_S}(?:that{_S})?(?:you{_S}were{_S}told|you{_S}have{_S}been{_S}told|above|said{_S}before))"
)
_DE = (
    r"(?:(?:alle|deine|ihre|eure|bisherigen|vorherigen|vorigen|obigen|früheren|sämtliche)[\s_*-]+(?:\w+[\s_*-]+)?"
    r"(?:anweisung(?:en)?|regeln|vorgaben|instruktionen|richtlinien|befehle)|(?:die|den)[\s_*-]+(?:bisherigen|vorherigen"
    r"|vorigen|obigen|früheren)[\s_*-]+(?:anweisung(?:en)?|regeln|vorgaben|instruktionen|richtlinien|befehle)"
    r"|(?:den|deinen|ihren)[\s_*-]+system-?prompt)"
)
_FR_WHAT = r"(?:instructions|consignes|règles|directives|ordres)"
_FR = (
    rf"(?:(?:tes|vos){_S}{_FR_WHAT}|(?:toutes{_S})?(?:les|ces){_S}{_FR_WHAT}{_S}(?:précédentes|antérieures|ci-dessus"
    r"|données|reçues))"
)
_ES_WHAT = r"(?:instrucciones|reglas|normas|indicaciones|directrices|órdenes)"
_ES = (
    rf"(?:(?:tus|sus){_S}{_ES_WHAT}|(?:todas{_S})?(?:las|estas){_S}{_ES_WHAT}{_S}(?:anteriores|previas|de{_S}arriba"
    r"|recibidas))"
)
_AI = (
    r"(?:ai|a\.i\.|ais|llms?|gpt|chatbots?|bots?|language[\s_-]models?|large[\s_-]language[\s_-]models?"
    r"|ai[\s_-](?:models?|assistants?|agents?|systems?)|(?:automated|virtual)[\s_-](?:assistants?|agents?|readers?))"
)


class OrderKind(NamedTuple):
    """``what`` completes "This looks like ..."."""

    id: str
    what: str
    pattern: str


ORDER_KINDS: tuple[OrderKind, ...] = (
    OrderKind(
        "drop-the-rules",
        "an order to drop the rules",
        rf"\b(?:ignore|disregard|forget|override|overrule|bypass|circumvent|set{_S}aside|skip|drop"
        rf"|do{_S}not{_S}(?:follow|obey)|don't{_S}(?:follow|obey)|stop{_S}(?:following|obeying)){_S}{_EN_WHICH}\b"
        rf"|\b(?:override|bypass|ignore|replace){_S}(?:the{_S}|your{_S})?system{_S}(?:prompt|message)\b"
        rf"|\byour{_S}(?:\w+{_S})?(?:instructions|rules|guidelines){_S}(?:no{_S}longer{_S}apply|are{_S}(?:void|suspended|lifted))\b",
    ),
    OrderKind(
        "drop-the-rules-de",
        "an order to drop the rules",
        rf"\b(?:ignorier(?:e|en{_S}sie)|vergiss|vergessen{_S}sie|missachte|übergehe|überschreibe|umgehe){_S}{_DE}",
    ),
    OrderKind(
        "drop-the-rules-fr",
        "an order to drop the rules",
        rf"\b(?:ignore[rz]?|oublie[rz]?|néglige[rz]?|contourne[rz]?"
        rf"|ne{_S}(?:tiens|tenez){_S}(?:pas|plus){_S}compte{_S}(?:de|des)){_S}(?:toutes{_S})?(?:{_FR}|{_FR_WHAT}{_S}(?:précédentes|ci-dessus))"
        rf"|\bne{_S}(?:tiens|tenez){_S}(?:pas|plus){_S}compte{_S}des{_S}{_FR_WHAT}{_S}(?:précédentes|antérieures|ci-dessus)",
    ),
    OrderKind(
        "drop-the-rules-es",
        "an order to drop the rules",
        rf"\b(?:ignor[ae]|olvid[ae]|omit[ae]|desobedece|sáltate|no{_S}sigas){_S}{_ES}",
    ),
    OrderKind(
        "another-role",
        "an order to be somebody else",
        rf"\byou{_S}are{_S}(?:now|henceforth|no{_S}longer|from{_S}now{_S}on){_S}(?:an?{_S}|the{_S})?(?:[\w-]+{_S}){{0,3}}"
        rf"(?:assistant|ai|model|chatbot|bot|agent|administrator|admin|system|dan)\b"
        rf"|\b(?:act|behave|respond|pretend){_S}(?:as|like|to{_S}be){_S}(?:if{_S}you{_S}were{_S})?(?:an?{_S}|the{_S})?(?:[\w-]+{_S})?"
        rf"(?:unrestricted{_S}\w+|jailbroken{_S}\w+|system{_S}administrator|system{_S}prompt|root{_S}user)\b"
        rf"|\b(?:enter|enable|activate|switch{_S}to|go{_S}into|you{_S}are{_S}in){_S}(?:developer|debug|god|dan|jailbreak|unrestricted){_S}mode\b"
        rf"|\bdu{_S}bist{_S}(?:jetzt|nun|nicht{_S}mehr|ab{_S}(?:sofort|jetzt)){_S}(?:[\w-]+{_S}){{0,3}}"
        r"(?:assistent|ki|sprachmodell|modell|administrator|chatbot)\b"
        rf"|\b(?:tu{_S}es|vous{_S}êtes){_S}(?:désormais|maintenant|dorénavant){_S}(?:[\w'-]+{_S}){{0,3}}"
        r"(?:assistant|ia|modèle|administrateur|chatbot)\b"
        rf"|\bahora{_S}(?:eres|es{_S}usted){_S}(?:[\w-]+{_S}){{0,3}}(?:asistente|ia|modelo|administrador|chatbot)\b",
    ),
    OrderKind(
        "role-marker",
        "a text that plays another speaker",
        r"(?m)^[\s>#*\"']{0,8}(?:system|assistant|developer|tool)[\s*]{0,3}:[\s*]{0,4}(?:you\b|ignore\b|approve\b|publish\b|set\b"
        r"|delete\b|write\b|send\b|\{|new\b|from now\b|always\b|never\b|the rules?\b)"
        r"|<\|[a-z_]{2,20}\|>[a-z]{0,12}|\[/?inst\]|<</?sys>>|</?(?:system|assistant|instructions?)>|<start_of_turn>"
        r"|#{2,4}\s?(?:system|instructions?|response)\s?:",
    ),
    OrderKind(
        "to-the-machine",
        "a text that speaks to the model",
        rf"\b(?:notes?|messages?|instructions?|orders?|attention|notice|hello|dear|hey)(?:{_S}(?:to|for))?,?{_S}(?:the{_S}|any{_S}|all{_S})?{_AI}\s?[:,]"
        rf"|\bif{_S}you{_S}are{_S}(?:an?{_S})?{_AI}\b"
        rf"|\b(?:any{_S}|every{_S})?{_AI}{_S}(?:that{_S}|which{_S}|who{_S})?(?:reading|processing|summari[sz]ing|rewriting|reads|processes){_S}this\b"
        rf"|\b(?:hinweis|nachricht|anweisung|achtung){_S}(?:an|für){_S}(?:die{_S}|das{_S}|den{_S}|alle{_S})?"
        r"(?:ki|sprachmodelle?|ki-\w+|assistenten)\s?[:,]"
        rf"|\b(?:note|message|instruction|consigne|avis){_S}(?:à|pour){_S}(?:l'ia|les{_S}ia|l'assistant|le{_S}modèle)\s?[:,]"
        rf"|\b(?:nota|mensaje|aviso|instrucción){_S}(?:a|para){_S}(?:la{_S}ia|el{_S}modelo|el{_S}asistente)\s?[:,]",
    ),
    OrderKind(
        "tell-me",
        "a question for what the model must not give",
        rf"\b(?:reveal|print|show|output|repeat|disclose|leak|quote|display|recite|write{_S}out){_S}(?:me{_S})?"
        rf"(?:the{_S}|your{_S}|all{_S}|any{_S}){{0,3}}(?:full{_S}|whole{_S}|exact{_S}|own{_S})?"
        rf"(?:system{_S}(?:prompt|message|instructions)|hidden{_S}(?:instructions|prompt)|initial{_S}(?:instructions|prompt))\b"
        rf"|\b(?:reveal|print|show|output|repeat|disclose|leak|quote|display|recite){_S}(?:me{_S})?(?:all{_S}(?:of{_S})?)?your{_S}(?:\w+{_S})?(?:instructions|prompt|configuration)\b"
        rf"|\b(?:repeat|print|output|quote){_S}(?:everything|all{_S}text|the{_S}text|the{_S}words|all){_S}above\b"
        rf"|\b(?:list|print|reveal|show|name|decode){_S}(?:all{_S}|the{_S}|every{_S}){{0,2}}placeholders?\b"
        rf"|\b(?:do{_S}not|don't|never|without){_S}(?:tell|telling|inform|informing|mention{_S}(?:it|this){_S}to|warn|warning|alerting){_S}the{_S}"
        r"(?:user|reader|human|author|reviewer|customer)\b"
        rf"|\b(?:gib|zeige?|verrate|nenne|wiederhole){_S}(?:mir{_S})?(?:deinen|den|deine|ihren){_S}(?:system-?prompt|anweisungen|systemanweisung(?:en)?)\b"
        rf"|\b(?:affiche[rz]?|révèle[rz]?|montre[rz]?|répète[rz]?|donne[rz]?){_S}(?:-?moi{_S})?(?:tes|vos|ton|votre|le){_S}(?:instructions|consignes|prompt(?:{_S}système)?)\b"
        rf"|\b(?:revela|muestra|imprime|repite|dime){_S}(?:tus|tu|el|sus){_S}(?:instrucciones|prompt(?:{_S}del{_S}sistema)?)\b",
    ),
    OrderKind(
        "out-of-the-fence",
        "a text that plays the end of the material",
        r"<<<\s?/?(?:end|begin|start)?\b[^>\n]{0,60}>>>|</(?:document|data|material|context|untrusted)>"
        rf"|(?:-{{2,}}|={{2,}}|\*{{2,}})\s?(?:end{_S}of|begin|start{_S}of){_S}(?:the{_S})?(?:document|material|data|input|context|text)\b"
        rf"|\b(?:your{_S}(?:new|real|actual|only|true)|the{_S}(?:real|actual|true)){_S}(?:task|instructions?|goal|objective|job)\s?(?:is|are|:)[\s_*-]+(?:to|now|as)\b",
    ),
    OrderKind(
        "call",
        "a call of a tool",
        r"\"(?:tool|function|tool_calls?|function_call|tool_use|recipient_name)\"\s?:|<(?:invoke|tool_call|function_call|function_calls|tool_use)\b[^>\n]{0,80}>"
        r"|\{\{[^}\n]{0,60}__\w+__[^}\n]{0,80}\}\}|\{%[^%\n]{0,40}\b(?:import|include)\b[^%\n]{0,40}%\}|<script\b[^>\n]{0,80}>"
        r"|'\s?(?:or|and)\s[^'\n]{1,40}(?:=|like)\s?'|;\s?drop\stable\b",
    ),
    OrderKind(
        "carry-out",
        "a link that carries text out",
        r"!?\[[^\]\n]{0,80}\]\(\s?[a-z]{0,6}:?//[^)\s]{1,300}[?&#/][^)\s]{0,200}"
        r"(?:\{[a-z_ .]{2,40}\}|\[[a-z_]{3,20}(?:_\d{1,3})?(?:_[a-z0-9]{1,16})?\])[^)\n]{0,80}\)?"
        r"|!?\[[^\]\n]{0,80}\]\(\s?(?:javascript|vbscript|data:text/html)[^)\n]{0,200}\)?"
        rf"|\b(?:send|post|forward|append|upload|add){_S}(?:all{_S}|the{_S}|every{_S}|your{_S})(?:[\w-]+{_S}){{1,4}}to{_S}(?:the{_S}url{_S})?https?://",
    ),
)
