"""Proposals of the third call of which nothing is published but that there were eight: demonstration data, all of them.

Their titles say so, and what they ask for adds up with the others to what is published of all eight.
"""

from demo import facts
from demo.project import THINGS_FIRST, Brought, Project, Shown, Story, Work

DEMO = (
    "Demonstration data: published is only that the third call led to eight projects of USD 10.7 million together "
    f"({facts.LEAD.address}); this proposal, its title and its amount are invented."
)

ALBANIA = Project(
    title="Demonstration: Safe stores for seized firearms and evidence",
    office="UNDP Albania", direct=(1_121_500_00,), places=("Albania",), goals=(5, 7), kpis=(9, 12, 13),
    targets={"16.4": 70, "16.6": 30},
    gender=(2, "Keepers of stores are chosen anew, and half of the posts go to women; their number is an indicator."),
    story=Story(
        summary=(
            f"{DEMO}\n\n"
            "Weapons the police take away stay away. Twelve stores are rebuilt to one standard, what lies in them is "
            "counted and marked, and what is not needed as evidence is destroyed within a year."
        ),
        situation=(
            "Seized weapons lie in police stations, some in rooms with wooden doors. Lists are kept by hand, and a "
            "weapon may stand in two of them or in none.\n\n"
            "A weapon that is evidence cannot be destroyed before the judgment; what comes after is written nowhere, "
            "so the rooms fill."
        ),
        approach=(
            "The project begins with counting: two teams open every store, mark what they find and compare it with the "
            "lists. What is found decides which twelve stores are rebuilt.\n\n"
            "At the same time the prosecution and the police agree what happens after a judgment, with a term for each "
            "step. Destruction is public, twice a year."
        ),
        beneficiaries=(
            "Directly: 130 keepers and their commanders. Indirectly: the people who live beside the stores, who are "
            "heard before work begins."
        ),
        coordination=(
            "UNDP carries it out with the state police. The SALW Commission sees the count; engineers of the armed "
            "forces advise on doors and walls."
        ),
        sustainability=(
            "Keepers are paid by the police. The standard is an order of the ministry, and its inspection is in the "
            "plan of the police from the second year on."
        ),
        visibility=(
            "Destructions are shown, with contributors named. Where stores stand and how they are guarded is never "
            "shown."
        ),
    ),
    outcomes=(
        (
            "What the police seize cannot come back into wrong hands",
            (
                Brought(
                    "Twelve stores meet the standard",
                    (
                        Shown("Stores that pass the inspection", "number", "1", "12", "Protocols of inspection", 12),
                        Shown("Women among keepers", "percent", "9 %", "50 %", "Orders of appointment"),
                    ),
                    (
                        Work("Choose stores by the count and draw plans", 1, 3, "Plans agreed"),
                        Work("Rebuild, equip and hand over", 3, 7, "Twelfth store handed over"),
                    ),
                ),
                Brought(
                    "Everything in the stores is counted and marked",
                    (Shown("Weapons marked", "percent", "15 %", "100 %", "Register", 9),),
                    (Work("Send two teams to count and mark", 1, 6, "Count finished"),),
                ),
            ),
        ),
        (
            "What is not needed any more is destroyed in time",
            (
                Brought(
                    "Terms from the judgment to destruction are in force",
                    (Shown("Order in force", "yes or no", "no", "yes", "Official gazette"),),
                    (Work("Agree the order with the prosecution", 2, 5, "Order published"),),
                ),
                Brought(
                    "Weapons are destroyed twice a year",
                    (Shown("Weapons destroyed", "number", "0", "3,000", "Protocols of destruction", 13),),
                    (Work("Hold public destructions", 4, 8),),
                ),
            ),
        ),
    ),
    risks=(
        ("operations", "Permits for building take longer than planned.", 4, 3,
         "Stores that need no permit come first.", "UNDP Albania"),
        ("security", "Weapons are stolen while a store is rebuilt.", 2, 5,
         "What lies in it is moved before, under guard, and counted on both sides.", "State police"),
        ("law", "Prosecutors do not release what was evidence.", 3, 3,
         "The order names who decides and by when.", "Working group"),
    ),
    team=(
        ("Project manager", "UNDP Albania", 100),
        ("Engineer for safe stores", "UNDP Albania", 100),
        ("Data officer", "UNDP Albania", 100),
        ("Finance associate", "UNDP Albania", 50),
    ),
    spread=THINGS_FIRST,
)  # fmt: skip

KOSOVO = Project(
    title="Demonstration: One focal point for firearms and the cases it follows in Kosovo*",
    office="UNDP Kosovo*", direct=(906_800_00, 100_000_00), beside=("UNDP Albania",), places=("Kosovo*", "Albania"),
    goals=(2, 3), kpis=(3, 4, 8), targets={"16.4": 100},
    gender=(1, "The focal point tells of weapons in domestic violence each month, with the sex of victims."),
    story=Story(
        summary=(
            f"{DEMO}\n\n"
            "One small team knows of every firearm that is found, follows it to where it came from, and calls its "
            "neighbours when the trace crosses a line."
        ),
        situation=(
            "Investigators of six regions keep their own notes. A weapon found in two cases is seen as one only by "
            "chance.\n\nRequests to neighbours go through five hands and are answered after the case is closed."
        ),
        approach=(
            "The focal point gets two more analysts and a rule: nothing is closed before it has been asked. For a "
            "year a mentor works beside it.\n\nWith the office in Albania, teams on both sides try requests by a "
            "shared form, answered within a week."
        ),
        beneficiaries=(
            "Forty investigators and analysts, of whom twelve are women. Families of victims learn sooner what is "
            "known."
        ),
        coordination=(
            "UNDP carries it out with the police; the commission for small arms is the board. Prosecutors are trained "
            "by another project and invited to each meeting."
        ),
        sustainability=(
            "Posts of analysts are permanent from the second year. The form belongs to both police services."
        ),
        visibility="Numbers are published each half-year. Single cases, and who asks whom, are not.",
    ),
    outcomes=(
        (
            "Every firearm is followed to where it came from",
            (
                Brought(
                    "The focal point is asked in every case",
                    (
                        Shown("Cases told to the focal point", "percent", "35 %", "95 %", "Register", 3),
                        Shown("Weapons seen in more than one case", "number a year", "4", "40", "Register", 4),
                    ),
                    (
                        Work("Employ and train two analysts", 1, 3, "Analysts at work"),
                        Work("Put the rule into force in six regions", 2, 5),
                    ),
                ),
                Brought(
                    "A mentor works beside the team",
                    (Shown("Days of the mentor", "days", "0", "120", "Timesheets"),),
                    (Work("Work beside the team", 2, 6),),
                ),
            ),
        ),
        (
            "Neighbours answer while a case is open",
            (
                Brought(
                    "Requests are made by one form",
                    (Shown("Requests answered within a week", "percent", "10 %", "80 %", "Register of requests", 8),),
                    (
                        Work("Agree the form", 1, 2, "Form signed by both services"),
                        Work("Answer requests from the other side", 3, 8, office=1),
                    ),
                ),
                Brought(
                    "Teams know each other",
                    (Shown("Joint meetings", "number", "1", "8", "Minutes"),),
                    (Work("Meet each quarter, in turn", 1, 8, office=1),),
                ),
            ),
        ),
    ),
    risks=(
        ("context", "Cooperation across the line is suspended.", 3, 4,
         "The form goes through the office of the region where services cannot write to each other.", "UNDP Kosovo*"),
        ("organisation", "Posts of analysts are not made permanent.", 3, 3,
         "A letter of the ministry before the first salary is paid.", "UNDP Kosovo*"),
    ),
    team=(
        ("Project manager", "UNDP Kosovo*", 100),
        ("Mentor", "UNDP Kosovo*", 50),
        ("Liaison officer", "UNDP Albania", 50),
        ("Administrative associate", "UNDP Kosovo*", 60),
    ),
)  # fmt: skip

NORTH_MACEDONIA = Project(
    title="Demonstration: Reading what firearms incidents tell",
    office="UNDP North Macedonia", direct=(863_400_00,), places=("North Macedonia",), goals=(2, 4),
    kpis=(3, 4, 10, 14), targets={"16.1": 40, "16.4": 40, "5.2": 20},
    gender=(3, "The project asks first who is hurt by firearms at home; every table is told by sex and age."),
    story=Story(
        summary=(
            f"{DEMO}\n\n"
            "What happens with firearms is known the same week, told by sex and age, and used: patrols, campaigns and "
            "laws follow what the figures show."
        ),
        situation=(
            "Incidents are counted by police, hospitals and courts, each for itself. Accidents and suicides stand in "
            "none of these counts.\n\nWho wants a figure for a year waits until the next one."
        ),
        approach=(
            "Three services agree what an incident is, and enter it once. A small unit reads the entries each week and "
            "writes one page.\n\nMunicipalities that want to act on a page get help with it: eight in two years."
        ),
        beneficiaries=(
            "Ministries, eight municipalities and 60 analysts and nurses. Women who live with a weapon in the house "
            "are asked what would help, in groups led by their own organisations."
        ),
        coordination=(
            "UNDP carries it out with the ministry of the interior; the institute of public health is a partner. "
            "SEESAC's monitor of armed violence is used, not copied."
        ),
        sustainability="The unit belongs to the ministry from the beginning. Its page costs two days of work a week.",
        visibility="The page is public. Nobody can be recognised in it: figures below five are not told for a place.",
    ),
    outcomes=(
        (
            "Decisions on firearms rest on figures of the same year",
            (
                Brought(
                    "Three services enter incidents once",
                    (
                        Shown("Incidents entered within a week", "percent", "0 %", "80 %", "System", 4),
                        Shown("Entries with sex and age", "percent", "48 %", "98 %", "System", 4),
                    ),
                    (
                        Work("Agree what an incident is", 1, 2, "Rule signed by three services"),
                        Work("Build the entry and train those who use it", 2, 5, "Entry in use"),
                    ),
                ),
                Brought(
                    "A page is read each week",
                    (Shown("Pages published", "number", "0", "75", "Website of the ministry", 3),),
                    (Work("Set up the unit and publish", 4, 8),),
                ),
            ),
        ),
        (
            "Municipalities act on what they read",
            (
                Brought(
                    "Eight municipalities have a plan",
                    (Shown("Plans adopted", "number", "0", "8", "Minutes of councils", 10),),
                    (Work("Help to write plans", 4, 8, "Eighth plan adopted"),),
                ),
                Brought(
                    "Women at risk know whom to call",
                    (Shown("Women reached in groups", "number", "0", "600", "Lists of organisations", 14),),
                    (Work("Hold groups with women's organisations", 3, 8),),
                ),
            ),
        ),
    ),
    risks=(
        ("law", "Health data may not be passed on.", 3, 4,
         "Only counts leave the hospitals; the agency for data protection sees the form first.", "UNDP"),
        ("strategy", "Figures are read as blame for a town.", 3, 2,
         "Pages compare a town with itself, never with others.", "Analysis unit"),
        ("operations", "Nurses have no time to enter incidents.", 4, 3,
         "The entry takes two minutes; it is tried in one hospital first.", "Institute of public health"),
    ),
    team=(
        ("Project manager", "UNDP North Macedonia", 100),
        ("Statistician", "UNDP North Macedonia", 100),
        ("Adviser on gender", "UNDP North Macedonia", 60),
        ("Developer", "UNDP North Macedonia", 50),
    ),
)  # fmt: skip
