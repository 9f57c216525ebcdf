"""Proposals of the third call in which the office in Montenegro has a part: of one something is published, of one not.

Their titles say that they are of the demonstration.
"""

from demo import facts
from demo.invented_projects import DEMO
from demo.known_projects import REST
from demo.project import THINGS_FIRST, Brought, Project, Shown, Story, Work

MONTENEGRO = Project(
    title="Demonstration: Continuation of the Montenegro Forensic Center project",
    office=facts.MONTENEGRO_FORENSICS.office, direct=(1_028_000_00,), places=("Montenegro",), goals=(3, 5),
    kpis=(4, 5, 9), targets={"16.4": 70, "16.6": 30},
    gender=(1, "Two of three new posts are open to women first; exposure to lead is measured for women apart."),
    story=Story(
        summary=(
            "Published is only that UNDP Montenegro goes on to strengthen the Forensic Center, told on 26 January 2024 "
            f"({facts.MONTENEGRO_FORENSICS.source}); that it came of the third call is probable, its title here is a "
            f"demonstration title. {REST}\n\n"
            "The centre works to a standard that courts of other places accept, and answers in weeks instead of months."
        ),
        situation=(
            "The earlier project gave the centre rooms and a microscope. Cases now arrive faster than they leave: the "
            "queue grew in each of the last three years.\n\nWhat the centre says is asked about in court, because its "
            "methods are not accredited yet."
        ),
        approach=(
            "First the queue: a second shift and a way to put simple cases first. Then the standard: methods are "
            "written down, tested against another laboratory, and shown to the body that accredits.\n\n"
            "Explosives get their own room, so that traces are never mixed."
        ),
        beneficiaries=(
            "Directly: 24 experts and the investigators who ask them. Indirectly: those who wait for a judgment, "
            "victims and accused alike."
        ),
        coordination=(
            "UNDP carries it out with the police directorate. Laboratories of the region test each other; prosecutors "
            "say each half-year which answers they waited for."
        ),
        sustainability=(
            "The second shift is in the budget of the directorate from the second year. Accreditation is renewed by "
            "the centre itself, whose costs are known by then."
        ),
        visibility=(
            "Visits are welcome in rooms without cases. Methods are public once they are accredited; cases never are."
        ),
    ),
    outcomes=(
        (
            "What the centre says is accepted in every court",
            (
                Brought(
                    "Methods are written, tested and accredited",
                    (
                        Shown("Accredited methods", "number", "2", "7", "Certificates", 5),
                        Shown("Rounds with another laboratory", "number", "1", "5", "Reports of rounds"),
                    ),
                    (
                        Work("Write down methods and test them", 1, 5),
                        Work("Take part in rounds and be assessed", 4, 8, "Five more methods accredited"),
                    ),
                ),
                Brought(
                    "Experts explain in court what they did",
                    (Shown("Experts trained as witnesses", "number", "3", "18", "Lists, by sex", 5),),
                    (Work("Hold mock trials with prosecutors and judges", 2, 6),),
                ),
            ),
        ),
        (
            "Investigators get answers while they still help",
            (
                Brought(
                    "The queue is worked off",
                    (Shown("Days until an answer", "days", "140", "35", "Register of the centre", 4),),
                    (Work("Add a second shift and sort cases by effort", 1, 4, "No case older than a year"),),
                ),
                Brought(
                    "Firearms and explosives are examined apart",
                    (Shown("Room for explosives in use", "yes or no", "no", "yes", "Handover protocol", 9),),
                    (Work("Rebuild and equip the room", 2, 6, "Room handed over"),),
                ),
            ),
        ),
    ),
    risks=(
        ("operations", "The room is not finished in time.", 3, 3,
         "Work begins in summer; equipment is ordered by the second quarter.", "UNDP Montenegro"),
        ("organisation", "No expert applies for the second shift.", 3, 4,
         "Posts are open to graduates, who are trained in the first year.", "Police directorate"),
        ("society", "Experts are exposed to lead.", 2, 4,
         "Air is measured each quarter; nobody shoots more than two hours a day.", "Forensic Center"),
    ),
    team=(
        ("Project manager", "UNDP Montenegro", 100),
        ("Adviser on accreditation", "UNDP Montenegro", 50),
        ("Engineer", "UNDP Montenegro", 40),
        ("Finance associate", "UNDP Montenegro", 50),
    ),
    spread=THINGS_FIRST,
)  # fmt: skip

SURRENDER = Project(
    title="Demonstration: Fewer firearms at home, in Bosnia and Herzegovina and in Montenegro",
    office="UNDP Bosnia and Herzegovina", direct=(680_304_67, 250_000_00), beside=("UNDP Montenegro",),
    places=("Bosnia and Herzegovina", "Montenegro"), goals=(4, 6), kpis=(10, 11, 13), targets={"16.1": 50, "16.4": 50},
    gender=(2, "Men own most weapons, women ask for them to leave: campaigns speak to both, tested with both."),
    story=Story(
        summary=(
            f"{DEMO}\n\n"
            "People give up weapons they do not want any more, or make them legal, without fear and near where they "
            "live."
        ),
        situation=(
            "Weapons of earlier years lie in attics. Surveys say that one owner in three would give them up, if nobody "
            "asked questions.\n\nCampaigns so far spoke of punishment. Who called the police was asked for a statement."
        ),
        approach=(
            "Teams of two, a police officer and somebody people know, come on a day that is told before. A weapon is "
            "taken over at the door or at the town hall, and destroyed.\n\n"
            "What is said in campaigns is tried with groups of men and of women first. In Montenegro the office holds "
            "the same weeks, so that nobody carries a weapon across."
        ),
        beneficiaries=(
            "About 90,000 households in 24 municipalities; veterans' and women's associations, who carry the campaigns."
        ),
        coordination=(
            "Two offices of UNDP, each with its ministry; the SALW commissions meet twice a year. The project for law "
            "enforcement agencies takes the counts into its picture."
        ),
        sustainability=(
            "Weeks of surrender become a yearly habit of municipalities, which need a van and four days for it."
        ),
        visibility="Campaigns are public, with contributors named. Nobody who gave up a weapon is ever shown or named.",
    ),
    outcomes=(
        (
            "Fewer unwanted firearms are kept at home",
            (
                Brought(
                    "Weapons are given up without fear",
                    (
                        Shown("Weapons given up", "number", "0", "4,500", "Protocols of weeks", 13),
                        Shown("Municipalities with a week", "number", "0", "24", "Orders of mayors"),
                    ),
                    (
                        Work("Train teams and agree the order", 1, 3, "Order in force"),
                        Work("Hold weeks of surrender", 3, 8),
                        Work("Hold weeks in Montenegro", 4, 8, office=1),
                    ),
                ),
                Brought(
                    "What is given up is destroyed",
                    (Shown("Weapons destroyed", "percent", "0 %", "100 %", "Protocols of destruction", 13),),
                    (Work("Destroy in public, each half-year", 4, 8, "Fourth destruction"),),
                ),
            ),
        ),
        (
            "People know the danger of weapons at home",
            (
                Brought(
                    "Campaigns speak to men and women",
                    (Shown("People who remember the campaign", "percent", "0 %", "45 %", "Survey, by sex", 10),),
                    (
                        Work("Try the words of campaigns with groups", 1, 3),
                        Work("Run campaigns before each week", 3, 8),
                    ),
                ),
                Brought(
                    "Associations carry the message on",
                    (Shown("Associations taking part", "number", "0", "36", "Agreements", 11),),
                    (Work("Give small grants to associations", 2, 7, "Grants paid"),),
                ),
            ),
        ),
    ),
    risks=(
        ("security", "A weapon goes off while it is taken over.", 2, 5,
         "Only police officers touch weapons; what may explode is fetched by specialists.", "Police"),
        ("society", "Nobody comes, because people fear questions.", 3, 4,
         "The order says that no question is asked; mayors say it in public.", "UNDP"),
        ("finance", "Small grants are spent late.", 3, 2,
         "Grants are paid in two halves.", "Grants associate"),
    ),
    team=(
        ("Project manager", "UNDP Bosnia and Herzegovina", 100),
        ("Campaign officer", "UNDP Bosnia and Herzegovina", 100),
        ("Grants associate", "UNDP Bosnia and Herzegovina", 60),
        ("Project officer", "UNDP Montenegro", 100),
    ),
)  # fmt: skip
