"""A language the bundled model was not trained on: French falls back to sub-word pieces, names, numbers, and to BM25."""

from __future__ import annotations

import numpy as np
import pytest

from rag.models.static import StaticModel, bundled_path
from rag.training import evaluate

PAIRS = [
    (
        "Quelle est la profondeur du lac d'Annecy ?",
        "Le lac d'Annecy, en Haute-Savoie, atteint 82 mètres à son point le plus profond.",
    ),
    (
        "Qui a construit le phare de la pointe nord ?",
        "Le phare fut bâti en 1854 par l'ingénieur Louis Marchand sur la pointe nord de l'île.",
    ),
    (
        "Combien d'élèves compte le lycée ?",
        "À la rentrée, le lycée municipal accueille 1 240 élèves répartis en quarante classes.",
    ),
    ("Quand ouvre le marché aux poissons ?", "Le marché aux poissons ouvre chaque matin à cinq heures, sauf le lundi."),
    ("Pourquoi le pont est-il fermé ?", "La mairie a fermé le pont à cause des fissures découvertes dans un pilier."),
    ("Quel est le prix d'un billet de tramway ?", "Un billet de tramway coûte 1,80 euro et reste valable une heure."),
    (
        "Où se trouve la bibliothèque ?",
        "La nouvelle bibliothèque se trouve place des Tilleuls, derrière l'hôtel de ville.",
    ),
    (
        "Quelle variété de blé résiste à la sécheresse ?",
        "Les agriculteurs sèment une variété de blé qui supporte bien la sécheresse.",
    ),
    ("Qui dirige l'orchestre ?", "Depuis mars, Claire Dumont dirige l'orchestre symphonique de la région."),
    (
        "Quel fleuve traverse la ville ?",
        "La ville s'étend sur les deux rives de la Loire, qui la traverse d'est en ouest.",
    ),
    ("Combien de vélos sont en location ?", "Six cents vélos en libre-service sont proposés dans soixante stations."),
    ("Quand fut signé le traité de paix ?", "Le traité de paix entre les deux royaumes fut signé le 12 mai 1713."),
    (
        "Quels documents faut-il pour un passeport ?",
        "Pour demander un passeport, il faut une photo, un justificatif de domicile et un timbre fiscal.",
    ),
    ("Quelle maladie touche les oliviers ?", "Une bactérie détruit les oliviers du sud du pays depuis trois ans."),
    (
        "À quelle altitude se trouve le refuge ?",
        "Le refuge de montagne est situé à 2 315 mètres d'altitude, au pied du glacier.",
    ),
    (
        "Qui a gagné la course cycliste ?",
        "La course cycliste a été remportée par le Belge Jan Peeters devant deux Espagnols.",
    ),
    (
        "Comment conserve-t-on le fromage de chèvre ?",
        "Le fromage de chèvre se conserve au frais, enveloppé dans un papier qui respire.",
    ),
    (
        "Quelle est la population du village ?",
        "Le village ne compte plus que 312 habitants, la moitié de sa population d'avant-guerre.",
    ),
    (
        "Pourquoi les abeilles disparaissent-elles ?",
        "Les pesticides et un acarien expliquent la disparition des abeilles dans les vergers.",
    ),
    (
        "Quel musée expose les tapisseries ?",
        "Les tapisseries médiévales sont exposées au musée des Arts décoratifs jusqu'en juin.",
    ),
]


def test_french_questions_find_their_passages_by_spelling_and_bm25():
    if not (bundled_path() / "config.json").exists():
        pytest.skip("the bundled model is not there")
    model = StaticModel.load(bundled_path())
    numbers = tuple((i,) for i in range(len(PAIRS)))
    trial = evaluate.Trial("french", tuple(q for q, _ in PAIRS), tuple(p for _, p in PAIRS), numbers)
    figures = evaluate.evaluate(model.table, model.segmenter.tokenizer, [trial], folded=False)["french"]
    print({k: tuple(np.round(v, 3)) for k, v in figures.items()})
    assert figures["maxsim"][1] > 0.7
    assert figures["all"][1] >= figures["bm25"][1] - 0.05
