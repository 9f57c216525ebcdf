"""Proposals of the third call for projects whose title and office are published; the rest is demonstration data.

The first sentence of each summary says what is published and where.
"""

from demo import facts
from demo.project import THINGS_FIRST, Brought, Project, Shown, Story, Work

REST = "Everything else in this proposal is demonstration data."

JUSTITIA = Project(
    title=facts.JUSTITIA.title or "", office=facts.JUSTITIA.office, direct=(2_234_406_54,), places=("Regional",),
    goals=(1, 3, 4), kpis=(1, 3, 8, 9), targets={"16.4": 60, "16.a": 25, "16.3": 15},
    gender=(1, "Prosecutors and judges learn how firearms are used in domestic violence; a third of them are women."),
    story=Story(
        summary=(
            "Published of the approved project: its title, UNODC, the region, USD 2,390,815, goals 1, 3 and 4, KPIs "
            f"1, 3, 8 and 9, and two years from November 2023 ({facts.JUSTITIA.source}). {REST}\n\n"
            "Cases of arms trafficking end in court more often, because what the police find is asked for, kept and "
            "told in a way a court accepts. Laws are compared with those of the European Union, prosecutors and "
            "investigators work on cases together, and parcels are looked at where they pass."
        ),
        situation=(
            "Seizures rise, and few of them become a judgment for trafficking. Most end as unlawful possession, "
            "because nobody asked where the weapon came from.\n\n"
            "Prosecutors say three things are missing: a definition that covers parts and converted weapons, evidence "
            "from abroad that arrives before the term ends, and somebody to call in the other jurisdiction.\n\n"
            "Earlier work gave training to single services. It left no habit of working on one case from the first day."
        ),
        approach=(
            "The project works with mentors instead of courses: an experienced prosecutor sits with a team on its own "
            "cases for some days each quarter.\n\n"
            "Beside this, drafters compare the criminal codes of the six jurisdictions article by article, and post "
            "and customs try a way of choosing parcels that takes three minutes for each.\n\n"
            "It rests on ballistic work others do: a trace is only asked for where a laboratory can answer."
        ),
        beneficiaries=(
            "Directly: about 180 prosecutors, 40 judges, 220 investigators and 90 officers of post and customs. "
            "Indirectly: everybody who lives where fewer weapons arrive.\n\nWomen are at least 40 percent of those who "
            "are mentored, and chair two of the six working groups."
        ),
        coordination=(
            "UNODC leads. The six SALW commissions name their prosecutors; the Secretariat is told of each plan of a "
            "quarter.\n\nProjects of UNDP in laboratories and police are asked before a visit, so that no service is "
            "visited twice in a month."
        ),
        sustainability=(
            "Mentors train their successors in the second year; academies take the cases over as teaching material. "
            "The choosing of parcels costs no licence, and its table belongs to the services."
        ),
        visibility=(
            "Contributors are named at each event and in each publication. Cases, names and places of live "
            "investigations are never shown."
        ),
    ),
    outcomes=(
        (
            "Laws and practice let trafficking be charged as trafficking",
            (
                Brought(
                    "Criminal codes of six jurisdictions are compared, and gaps closed in drafts",
                    (
                        Shown("Articles compared with the directive", "number", "0", "96", "Table of concordance", 1),
                        Shown("Drafts handed to ministries", "number", "0", "6", "Letters of ministries", 1),
                    ),
                    (
                        Work("Compare the codes with drafters of each ministry", 1, 4, "Table of concordance agreed"),
                        Work("Write and discuss drafts", 4, 7, "Six drafts handed over"),
                    ),
                ),
                Brought(
                    "Prosecutors and investigators work on cases together from the first day",
                    (
                        Shown("Cases worked on with a mentor", "number", "0", "48", "Mentors' notes, anonymous", 3),
                        Shown("Prosecutors who ask for a trace", "percent", "22 %", "60 %", "Survey each year", 3),
                    ),
                    (
                        Work("Send mentors to teams of each jurisdiction", 2, 8),
                        Work("Hold regional meetings of prosecutors", 2, 8, "Fourth meeting held"),
                    ),
                ),
            ),
        ),
        (
            "Weapons and parts are found where they cross borders",
            (
                Brought(
                    "Post and customs choose parcels by risk",
                    (Shown("Parcels looked at by the new way", "number a month", "0", "2,500", "Weekly table", 8),),
                    (
                        Work("Agree the signs of risk with post and customs", 1, 3),
                        Work("Try the choosing in three sorting centres", 3, 8, "Results of a year told"),
                    ),
                ),
                Brought(
                    "Requests across borders are answered in time",
                    (Shown("Days until a request is answered", "days", "94", "30", "Register of requests", 9),),
                    (Work("Name a contact in each jurisdiction and agree a form", 1, 5, "Form in use everywhere"),),
                ),
            ),
        ),
    ),
    risks=(
        ("context", "Elections delay the reading of drafts in parliaments.", 4, 3,
         "Drafts are agreed with the services of parliaments, who stay.", "UNODC project coordinator"),
        ("law", "Evidence found with a mentor is attacked in court.", 2, 4,
         "Mentors advise and never take part in an act of the investigation.", "Senior legal adviser"),
        ("operations", "Post offices cannot spare officers for the trial.", 3, 3,
         "The trial begins with one shift, and its hours are paid back in equipment.", "UNODC project coordinator"),
        ("reputation", "A live case becomes public by a photograph.", 2, 5,
         "No photographs in rooms where cases lie open; pictures are cleared by the team.", "Communications officer"),
    ),
    team=(
        ("Project coordinator", "UNODC", 100),
        ("Senior legal adviser", "UNODC", 100),
        ("Mentors of prosecutors (three)", "UNODC", 50),
        ("Finance and administration", "UNODC", 60),
    ),
)  # fmt: skip

SERBIA = Project(
    title=facts.SERBIA_PHASE_III.title or "", office=facts.SERBIA_PHASE_III.office,
    direct=(1_375_588_74, 38_000_05), beside=("UNDP Montenegro",), places=("Serbia",),
    goals=(2, 3, 5), kpis=(3, 4, 5, 9, 14), targets={"16.4": 75, "5.2": 25},
    gender=(2, "Firearms in domestic violence are one of the two outcomes, with work on risk in every district."),
    story=Story(
        summary=(
            "Published of the approved project: its title, UNDP Serbia, USD 1,512,540, and November 2023 to November "
            f"2025 ({facts.SERBIA_PHASE_III.source}). {REST}\n\n"
            "The third phase brings what two phases set up into daily work: crime scenes are worked on to one "
            "standard, every weapon found is entered and compared, and police recognise the risk of firearms in "
            "families."
        ),
        situation=(
            "Two phases gave the ministry rooms, devices and procedures. An assessment shows where they are used and "
            "where they stand idle: at night, at weekends, and away from the large towns.\n\n"
            "In cases of domestic violence the question whether there is a weapon in the home is asked by some "
            "officers and not by others."
        ),
        approach=(
            "District by district, a team works beside the officers for four weeks, then returns after a half-year to "
            "see what stayed. What did not is changed in the procedure, not in the training.\n\n"
            "With the office in Montenegro the ministries hold two exercises on one border crossing; that part of the "
            "budget is carried out there."
        ),
        beneficiaries=(
            "Some 640 officers of 27 districts, of whom a third are women, and families in which a weapon is a danger. "
            "Organisations that help victims take part in writing the questions."
        ),
        coordination=(
            "UNDP Serbia carries it out with the ministry; the SALW Council is the board. The project for prosecutors "
            "is told of each district before the team arrives."
        ),
        sustainability=(
            "Procedures become orders of the ministry; the register is served by its own engineers from the second "
            "year. Devices are in the plan of maintenance with their cost."
        ),
        visibility=(
            "The ministry and the fund are named on everything that is printed. What shows how a scene is worked on is "
            "for services only."
        ),
    ),
    outcomes=(
        (
            "Firearms found at scenes lead to those who supplied them",
            (
                Brought(
                    "Scenes are worked on to one standard in every district",
                    (
                        Shown("Districts that pass the second visit", "number", "6", "27", "Protocols of visits", 5),
                        Shown("Officers trained at work", "number", "0", "640", "Lists, by sex", 5),
                    ),
                    (
                        Work("Work beside officers, four weeks in each district", 1, 7, "27 districts visited"),
                        Work("Return after half a year and correct procedures", 3, 8),
                    ),
                ),
                Brought(
                    "Every weapon found is entered and compared within days",
                    (Shown("Weapons entered within five days", "percent", "41 %", "90 %", "Register", 4),),
                    (
                        Work("Join the registers of districts", 1, 5, "One register in use"),
                        Work("Hold two exercises with the neighbouring ministry", 4, 7, office=1),
                    ),
                ),
            ),
        ),
        (
            "Firearms are taken into account wherever violence in families is",
            (
                Brought(
                    "Officers assess the risk of firearms by one list of questions",
                    (Shown("Reports that say whether there is a weapon", "percent", "37 %", "95 %", "Sample", 14),),
                    (
                        Work("Write the questions with organisations that help victims", 1, 3, "List in force"),
                        Work("Bring the list into every district", 3, 8),
                    ),
                ),
                Brought(
                    "Stations keep weapons that were taken away safely",
                    (Shown("Stations with a safe to the standard", "number", "11", "27", "Handover protocols", 9),),
                    (Work("Buy and install safes", 2, 6, "Last safe handed over"),),
                ),
            ),
        ),
    ),
    risks=(
        ("organisation", "Trained officers are moved to other posts.", 4, 3,
         "Teams are trained, not single people; districts keep a second for each function.", "Ministry, UNDP Serbia"),
        ("finance", "Prices of devices rise between offer and order.", 3, 3,
         "Framework contracts with prices for two years.", "UNDP Serbia, procurement"),
        ("operations", "The registers of districts cannot be joined in time.", 3, 4,
         "Districts with paper only are entered by hand in the first year.", "Ministry, UNDP Serbia"),
    ),
    team=(
        ("Project manager", "UNDP Serbia", 100),
        ("Adviser on crime scenes", "UNDP Serbia", 100),
        ("Adviser on gender and firearms", "UNDP Serbia", 60),
        ("Project associate", "UNDP Serbia", 100),
        ("Exercise planner", "UNDP Montenegro", 20),
    ),
    spread=THINGS_FIRST,
)  # fmt: skip

LEAD = Project(
    title=facts.LEAD_PROJECT.title or "", office=facts.LEAD_PROJECT.office, direct=(1_402_000_00,),
    places=("Bosnia and Herzegovina",), goals=(2, 3, 4), kpis=(3, 4, 8, 10), targets={"16.4": 80, "16.6": 20},
    gender=(1, "Women in the agencies are asked to lead half of the working groups; figures are told by sex."),
    story=Story(
        summary=(
            "Published of the approved project: its title, UNDP Bosnia and Herzegovina, and two years from November "
            f"2023, without an amount ({facts.LEAD_PROJECT.source}). {REST}\n\n"
            "Agencies of every level see the same picture of firearms and act on it together: one way of telling of a "
            "seizure, analysts who read it, and border police with the means to look."
        ),
        situation=(
            "Many agencies have a part in controlling small arms. Each counts in its own way, so that nobody can say "
            "how many weapons were seized in a year, or where.\n\n"
            "Border police work on long stretches with few posts. Analysts exist in three agencies and are asked by "
            "one."
        ),
        approach=(
            "The project begins with a form of one page every agency fills in for a seizure, tried in four towns. "
            "Analysts of all agencies read the forms together each month and tell what they see.\n\n"
            "Only then are devices bought: for the crossings the picture points to."
        ),
        beneficiaries=(
            "About 420 officers of twelve agencies; communities along the borders. A group of women officers advises "
            "on uniforms, rooms and hours."
        ),
        coordination=(
            "The Coordination Board for SALW decides on the plan of each half-year. UNDP carries it out; the mission "
            "of the European Union for border control is asked before anything is bought."
        ),
        sustainability=(
            "The form is kept by the ministry of security; analysts stay on the payroll of their agencies. Vehicles "
            "and devices have a plan for maintenance signed before they are handed over."
        ),
        visibility=(
            "Handovers are public, with contributors named. Maps that show where border police are weak are not."
        ),
    ),
    outcomes=(
        (
            "Agencies act on one picture of firearms",
            (
                Brought(
                    "Every seizure is told in one way",
                    (
                        Shown("Agencies that use the form", "number", "0", "12", "Forms received", 4),
                        Shown("Seizures told within a week", "percent", "0 %", "85 %", "Forms received", 4),
                    ),
                    (
                        Work("Agree the form and try it in four towns", 1, 3, "Form agreed by the Board"),
                        Work("Bring the form into all agencies", 3, 6),
                    ),
                ),
                Brought(
                    "Analysts of all agencies read together",
                    (Shown("Monthly pictures told to the Board", "number", "0", "18", "Minutes", 3),),
                    (Work("Train analysts and hold monthly readings", 2, 8, "First picture of a year"),),
                ),
            ),
        ),
        (
            "Weapons are found at the border before they are used",
            (
                Brought(
                    "Crossings on the routes have what they need to look",
                    (Shown("Crossings equipped", "number", "0", "14", "Handover protocols", 8),),
                    (Work("Choose crossings by the picture, buy and hand over", 3, 7, "14 crossings equipped"),),
                ),
                Brought(
                    "Patrols of neighbours look together",
                    (Shown("Joint patrols", "number a year", "6", "40", "Reports of patrols", 10),),
                    (Work("Plan and hold joint patrols", 4, 8),),
                ),
            ),
        ),
    ),
    risks=(
        ("context", "Agencies of one level do not sign the form.", 3, 4,
         "The form is tried with those who want it; its use is shown before others are asked.", "UNDP, the Board"),
        ("security", "Joint patrols meet armed smugglers.", 2, 5,
         "Patrols are planned by the border police alone, by their own rules.", "Border police"),
        ("strategy", "Devices are wished for before the picture is there.", 4, 2,
         "No order before the second picture of the analysts.", "Project manager"),
    ),
    team=(
        ("Project manager", "UNDP Bosnia and Herzegovina", 100),
        ("Adviser on border control", "UNDP Bosnia and Herzegovina", 100),
        ("Analyst", "UNDP Bosnia and Herzegovina", 100),
        ("Procurement associate", "UNDP Bosnia and Herzegovina", 50),
    ),
    spread=THINGS_FIRST,
)  # fmt: skip
