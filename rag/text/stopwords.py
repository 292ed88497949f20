"""Words that carry no content of their own, and the content words that remain.

Knows nothing of questions; question words are among the stop words since they never occur in an answer's sentence.
"""

from __future__ import annotations

from rag.text.normalise import fold, nfc, words

STOPWORDS_VI = frozenset(
    """ai anh bao bằng bên bị bởi các cái cả cần càng chỉ chiếc cho chứ chưa có có_thể còn cùng cũng của đã đang đâu đây để đến đi
    điều do đó được gì hãy hay hoặc hơn hả không khi kể là lại lên lúc mà mình mỗi một mấy nào này nên nếu ngay nhằm nhé nhiêu nhiều như nhưng những
    nơi nó nữa ở phải qua ra rằng rất rồi sau sao sẽ so song sự tại tới theo thế thì thể trên trong trước từ từng tuy và vào vậy vẫn vì việc với
    vừa xin xuống ạ à ơi ừ nhỉ dù bạn tôi hỏi biết đấy ấy thôi hết đều cứ tự vài mọi hiện làm ta họ chúng đầu""".split()
)
STOPWORDS_VI_FOLDED = frozenset(fold(w) for w in STOPWORDS_VI)
STOPWORDS_EN = frozenset(
    """a about after again all also am an and any are as at be because been before being between both but by can could did do does doing
    down during each few for from further had has have having he her here hers him his how i if in into is it its itself just me more most
    much many my no nor not now of off on once only or other our out over own same she should so some such than that the their them then there these
    they this those through to too under until up very was we were what when where which while who whom whose why will with would you your
    please tell me s t""".split()
)


def content_words(text: str, language: str = "vi") -> list[str]:
    """Tokens of ``text`` that carry content, in order, repeated ones kept.

    ``language`` "vi-folded" gives folded tokens; "en" drops English stop words; anything else drops Vietnamese ones.
    A text of stop words only gives them all back, so that a question is never left empty.
    """
    if language == "vi-folded":
        tokens, stop = words(fold(nfc(text))), STOPWORDS_VI_FOLDED
    else:
        tokens, stop = words(text), STOPWORDS_EN if language == "en" else STOPWORDS_VI
    kept = [t for t in tokens if t not in stop]
    return kept or tokens
