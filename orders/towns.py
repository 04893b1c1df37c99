"""The towns of Azerbaijan, to know from what a shopper typed where a parcel goes.

A name that is also one of a Baku settlement, such as Qobustan, is left out: it tells nothing.
"""

import re
from dataclasses import dataclass

from dostshop import folding

# In Azerbaijani, Russian and English, with a slash between spellings of one language.
_NAMES = """
Ağcabədi, Агджабеди/Агджабады, Aghjabadi
Ağdam, Агдам, Aghdam
Ağdaş, Агдаш, Aghdash
Ağdərə, Агдере/Агдара, Aghdara
Ağstafa, Агстафа/Акстафа, Aghstafa
Ağsu, Агсу/Ахсу, Aghsu
Astara, Астара
Babək, Бабек, Babak
Bakı, Баку, Baku
Balakən, Белоканы/Балакен, Balakan
Beyləqan, Бейлаган, Beylagan
Bərdə, Барда, Barda
Biləsuvar, Билясувар, Bilasuvar
Cəbrayıl, Джебраил/Джабраил, Jabrayil
Cəlilabad, Джалилабад, Jalilabad
Culfa, Джульфа, Julfa
Daşkəsən, Дашкесан, Dashkasan
Füzuli, Физули, Fuzuli
Gədəbəy, Гедабек/Кедабек, Gadabay
Gəncə, Гянджа, Ganja
Goranboy, Геранбой, Goranboy
Göyçay, Гёйчай/Геокчай, Goychay
Göygöl, Гёйгёль/Гейгель, Goygol
Hacıqabul, Аджикабул/Гаджигабул, Hajigabul
Xaçmaz, Хачмаз, Khachmaz
Xankəndi, Ханкенди, Khankendi
Xırdalan, Хырдалан, Khirdalan
Xızı, Хызы, Khizi
Xocalı, Ходжалы, Khojaly
Xocavənd, Ходжавенд, Khojavend
İmişli, Имишли, Imishli
İsmayıllı, Исмаиллы, Ismayilli
Kəlbəcər, Кельбаджар, Kalbajar
Kürdəmir, Кюрдамир, Kurdamir
Qax, Гах/Кахи, Gakh
Qazax, Газах/Казах, Gazakh
Qəbələ, Габала, Gabala
Quba, Губа/Куба, Guba
Qubadlı, Губадлы, Gubadly
Qusar, Гусар/Кусары, Gusar
Laçın, Лачин, Lachin
Lerik, Лерик
Lənkəran, Ленкорань/Лянкяран, Lankaran
Masallı, Масаллы, Masally
Mingəçevir, Мингечевир/Мингячевир, Mingachevir
Naftalan, Нафталан
Naxçıvan, Нахчыван/Нахичевань, Nakhchivan
Neftçala, Нефтечала, Neftchala
Oğuz, Огуз, Oghuz
Ordubad, Ордубад
Saatlı, Саатлы, Saatly
Sabirabad, Сабирабад
Salyan, Сальян/Сальяны
Samux, Самух, Samukh
Sədərək, Садарак, Sadarak
Siyəzən, Сиазань/Сиязань, Siyazan
Sumqayıt, Сумгаит/Сумгайыт, Sumgait/Sumgayit
Şabran, Шабран, Shabran
Şahbuz, Шахбуз, Shahbuz
Şamaxı, Шамахы/Шемаха, Shamakhi
Şəki, Шеки, Sheki
Şəmkir, Шамкир/Шемкир, Shamkir
Şərur, Шарур, Sharur
Şirvan, Ширван, Shirvan
Şuşa, Шуша, Shusha
Tərtər, Тертер, Tartar
Tovuz, Товуз, Tovuz
Ucar, Уджар/Уджары, Ujar
Yardımlı, Ярдымлы, Yardimli
Yevlax, Евлах, Yevlakh
Zaqatala, Закаталы/Загатала, Zagatala
Zəngilan, Зангилан/Зангелан, Zangilan
Zərdab, Зердаб/Зардаб, Zardab
"""


def words(text: str) -> str:
    """Folded, with a space around each word: a place is found where its words stand together."""
    return f" {' '.join(re.findall(r'\w+', folding.fold(text)))} "


@dataclass(frozen=True)
class Town:
    spellings: tuple[str, ...]

    def spelled_in(self, typed: str) -> str:
        """The spelling that is found in what was typed; empty where there is none."""
        return next((spelling for spelling in self.spellings if words(spelling) in words(typed)), "")


TOWNS = tuple(Town(tuple(re.split(r", |/", line))) for line in _NAMES.split("\n") if line)


def named_in(typed: str) -> list[Town]:
    return [town for town in TOWNS if town.spelled_in(typed)]
