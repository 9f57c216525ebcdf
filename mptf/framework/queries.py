"""Read frameworks, what they number, and the texts of these."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import String, and_, case, cast, func, select
from sqlalchemy.orm import aliased, joinedload

from mptf.core.db import db, one_of
from mptf.core.errors import N_
from mptf.core.waiting import Findable, result_columns
from mptf.framework.models import Framework, FrameworkItem, FrameworkText, ItemKind
from mptf.fund.models import Fund
from mptf.policy import Permission, Viewer, can

ITEM, TEXT = FrameworkItem.__table__.c, FrameworkText.__table__.c


@dataclass(frozen=True)
class Numbered:
    """A goal or indicator with its text in force, if its official text is here."""

    item: FrameworkItem
    text: FrameworkText | None


@dataclass(frozen=True)
class Held:
    """A framework in the list: how many of its goals and indicators there are, and how many have their text."""

    framework: Framework
    goals: int
    kpis: int
    texts: int

    @property
    def missing(self) -> int:
        """How many official texts are not here."""
        return self.goals + self.kpis - self.texts


def frameworks(fund: Fund) -> list[Held]:
    """Return the frameworks of a fund, the one that began last first."""
    goals, kpis = (func.count(ITEM.id.distinct()).filter(ITEM.kind == kind) for kind in ItemKind)
    rows = db.session.execute(
        select(Framework, goals, kpis, func.count(TEXT.item_id.distinct()))
        .outerjoin(FrameworkItem, and_(ITEM.framework_id == Framework.id, ITEM.fund_id == Framework.fund_id))
        .outerjoin(FrameworkText, and_(TEXT.item_id == ITEM.id, TEXT.fund_id == ITEM.fund_id))
        .where(Framework.fund_id == fund.id)
        .group_by(Framework.id)
        .order_by(Framework.first_year.desc(), Framework.id.desc())
    )
    return [Held(*row) for row in rows]


def get_framework(fund: Fund, public_id: str) -> Framework:
    """Return a framework of a fund, or raise NotFound."""
    return one_of(select(Framework).where(Framework.fund_id == fund.id, Framework.public_id == public_id))


def numbered(fund: Fund, framework: Framework) -> dict[ItemKind, list[Numbered]]:
    """Return the goals and the indicators of a framework by number, each with its text in force."""
    later = aliased(FrameworkText)
    rows = db.session.execute(
        select(FrameworkItem, FrameworkText)
        .outerjoin(FrameworkText, and_(TEXT.item_id == ITEM.id, TEXT.fund_id == ITEM.fund_id))
        .outerjoin(later, and_(later.item_id == TEXT.item_id, later.version > TEXT.version))
        .where(ITEM.fund_id == fund.id, ITEM.framework_id == framework.id, later.id.is_(None))
        .order_by(ITEM.kind, ITEM.number)
    )
    found: dict[ItemKind, list[Numbered]] = {kind: [] for kind in ItemKind}
    for item, text in rows:
        found[item.kind].append(Numbered(item, text))
    return found


def get_item(fund: Fund, public_id: str) -> FrameworkItem:
    """Return a goal or indicator of a fund, or raise NotFound."""
    mine = select(FrameworkItem).where(FrameworkItem.fund_id == fund.id, FrameworkItem.public_id == public_id)
    return one_of(mine.options(joinedload(FrameworkItem.framework)))


def versions(fund: Fund, item: FrameworkItem) -> Sequence[FrameworkText]:
    """Return every version of the text of a goal or indicator, the newest first."""
    mine = select(FrameworkText).where(TEXT.fund_id == fund.id, TEXT.item_id == item.id)
    whole = mine.options(joinedload(FrameworkText.by), joinedload(FrameworkText.table))
    return db.session.scalars(whole.order_by(TEXT.version.desc())).all()


def every_framework(fund: Fund) -> Sequence[Framework]:
    """Return the frameworks of a fund."""
    return db.session.scalars(select(Framework).where(Framework.fund_id == fund.id).order_by(Framework.id)).all()


def every_item(fund: Fund) -> Sequence[FrameworkItem]:
    """Return every goal and indicator of a fund."""
    return db.session.scalars(select(FrameworkItem).where(ITEM.fund_id == fund.id).order_by(ITEM.id)).all()


def items_to_choose(fund: Fund) -> Sequence[FrameworkItem]:
    """Return every goal and KPI of a fund with its framework, the framework that began last first."""
    mine = select(FrameworkItem).join(Framework, and_(Framework.id == ITEM.framework_id, Framework.fund_id == fund.id))
    ordered = mine.where(ITEM.fund_id == fund.id).order_by(
        Framework.first_year.desc(), Framework.id.desc(), ITEM.kind, ITEM.number
    )
    return db.session.scalars(ordered.options(joinedload(FrameworkItem.framework))).all()


def newest_texts(fund: Fund) -> Mapping[int, FrameworkText]:
    """Return the text in force of each goal and indicator that has one, by the key of the item."""
    mine = select(FrameworkText).where(TEXT.fund_id == fund.id).order_by(TEXT.item_id, TEXT.version)
    return {text.item_id: text for text in db.session.scalars(mine)}


def findable(viewer: Viewer, fund: Fund) -> list[Findable]:
    """Return the goals and indicators this person may find, by number and by their framework."""
    if not can(viewer, Permission.FRAMEWORK_VIEW, fund):
        return []
    label = case(*((ITEM.kind == kind, kind.label) for kind in ItemKind))
    name = label + " " + cast(ITEM.number, String)
    kind = FrameworkItem.__tablename__
    seen = (
        select(*result_columns(kind, ITEM.public_id, name + ", " + Framework.title, names=(name,)))
        .select_from(FrameworkItem)
        .join(Framework, and_(Framework.id == ITEM.framework_id, Framework.fund_id == ITEM.fund_id))
        .where(ITEM.fund_id == fund.id)
    )
    return [Findable(kind, N_("Goal or KPI"), "framework.item", seen)]
