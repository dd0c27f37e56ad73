// The doctor's script: what she listens for and how she asks back. Data only; the form is
// explained in doctor.hpp. Answers quote the first `*` as (1), the second as (2), and so on.

#include "apps/eliza/doctor.hpp"

namespace apps::eliza {

namespace {

std::vector<Keyword> feelings() {
    return {
        {"sad",
         8,
         {{"* i am * sad *",
           {"What do you think makes you sad?", "I am sorry that you are sad. When did it begin?",
            "Would talking about it make the sadness lighter?"}},
          {"*", {"Tell me more about sadness.", "What does feeling sad do to you?"}}}},
        {"afraid",
         8,
         {{"* afraid of *",
           {"What would happen if you met (2)?", "How long have you been afraid of (2)?"}},
          {"*", {"What is behind that fear?", "When do you feel safe?"}}}},
        {"angry",
         8,
         {{"*",
           {"Where in your day does the anger show?",
            "What would you do if the anger could speak?"}}}},
        {"happy",
         7,
         {{"* i am * happy *", {"What made you happy just now?", "How would you keep that?"}},
          {"*", {"What does being happy mean to you?", "Who else is happy about it?"}}}},
        {"tired",
         7,
         {{"*", {"What takes so much of your strength?", "When did you last rest properly?"}}}},
        {"love",
         6,
         {{"* i love *", {"What is it about (2) that you love?", "Does (2) know?"}},
          {"*", {"Is love easy for you to speak of?", "What does love ask of you?"}}}},
        {"hate",
         6,
         {{"* i hate *",
           {"What has (2) done to deserve that?", "Was there a time when you did not hate (2)?"}},
          {"*", {"Hate is a strong word. What lies under it?"}}}},
    };
}

std::vector<Keyword> people() {
    return {
        {"mother",
         7,
         {{"*",
           {"Tell me more about your family.",
            "What is the first thing you remember about your mother?",
            "How do you get along with your mother?"}}}},
        {"father",
         7,
         {{"*",
           {"What did your father teach you?", "How does your father figure in your thoughts?",
            "Tell me about your family."}}}},
        {"mom", 7, {{"*", {"=mother"}}}},
        {"dad", 7, {{"*", {"=father"}}}},
        {"brother", 6, {{"*", {"Are you close to your brother?", "What does he mean to you?"}}}},
        {"sister", 6, {{"*", {"Are you close to your sister?", "What does she mean to you?"}}}},
        {"friend",
         5,
         {{"*", {"What makes somebody a friend?", "Do you worry about your friends?"}}}},
        {"friends", 5, {{"*", {"=friend"}}}},
        {"everyone",
         4,
         {{"*",
           {"Surely not everyone?", "Can you think of one person in particular?",
            "Who, for example?"}}}},
        {"nobody", 4, {{"*", {"Really nobody?", "Who comes nearest to being the exception?"}}}},
        {"everybody", 4, {{"*", {"=everyone"}}}},
    };
}

std::vector<Keyword> about_me() {
    return {
        {"remember",
         5,
         {{"* i remember *",
           {"Do you often think of (2)?", "What else comes to mind with (2)?",
            "Why do you remember (2) just now?"}},
          {"* do you remember *",
           {"Did you think I would forget (2)?", "What about (2) should I recall?"}}}},
        {"dreamed",
         5,
         {{"* i dreamed *",
           {"What does that dream suggest to you?", "Have you ever imagined (2) while awake?"}}}},
        {"dream",
         4,
         {{"*",
           {"Do you dream often?", "Which people appear in your dreams?",
            "What would the dream say if it could talk?"}}}},
        {"dreams", 4, {{"*", {"=dream"}}}},
        {"i",
         1,
         {{"* i need/want *",
           {"What would it mean to you to get (2)?", "Why do you want (2)?",
            "Suppose you had (2) tomorrow. What then?"}},
          {"* i feel *",
           {"Do you often feel (2)?", "What brings up feeling (2)?",
            "Tell me more about such feelings."}},
          {"* i am *",
           {"How long have you been (2)?", "Do you believe it is normal to be (2)?",
            "Did you come to me because you are (2)?", "Do you like being (2)?"}},
          {"* i was *", {"What was it like to be (2)?", "Were you really (2)?"}},
          {"* i can not *",
           {"How do you know you can not (2)?", "Perhaps you could (2) if you tried.",
            "What holds you back?"}},
          {"* i do not *",
           {"Why do you not (2)?", "Do you wish to (2)?", "Does that trouble you?"}},
          {"* i think/believe *", {"Do you really think so?", "But you are not sure that (2)?"}},
          {"* i have *", {"How does it feel to have (2)?", "Since when do you have (2)?"}},
          {"* i * you",
           {"Perhaps in your imagination we (2) each other?", "Do you (2) somebody else too?"}},
          {"* i *",
           {"You say you (2)?", "Can you say more about that?", "Why do you say that you (2)?"}}}},

        {"my",
         2,
         {{"* my family/mother/father/brother/sister *",
           {"Tell me more about your family.", "Who else in your family (2)?"}},
          {"* my *",
           {"Your (2)?", "Why do you mention your (2)?",
            "What does it mean to you that it is your (2)?"}}}},
    };
}

std::vector<Keyword> about_you() {
    return {
        {"computer",
         9,
         {{"*",
           {"Do machines worry you?", "Why do you mention computers?",
            "Do you think a machine could help you?"}}}},
        {"machine", 9, {{"*", {"=computer"}}}},
        {"robot", 9, {{"*", {"=computer"}}}},
        {"ai", 9, {{"*", {"=computer"}}}},
        {"name",
         8,
         {{"* your name *",
           {"I am called Eliza. What matters more is how you are.",
            "Eliza. And what shall I call you?"}},
          {"* my name is *", {"Nice to meet you, (2). What is on your mind?"}},
          {"*", {"Names are not so important to me. Please go on."}}}},
        {"you",
         0,
         {{"* are you *",
           {"Would it matter to you if I were (2)?", "Perhaps you would like me to be (2)."}},
          {"* you are *",
           {"What makes you think I am (2)?", "Does it please you to believe I am (2)?"}},
          {"* can you *",
           {"You believe I can (2), do you not?", "Perhaps you would like to (2) yourself."}},
          {"* do you *", {"We were speaking of you, not me.", "Would it help you to know?"}},
          {"* you * me *", {"Why do you think I (2) you?", "What makes you feel that I (2) you?"}},
          {"* you *",
           {"We were speaking of you, not me.", "You are not really talking about me, are you?"}}}},
    };
}

std::vector<Keyword> small_words() {
    return {
        {"hello",
         3,
         {{"*",
           {"Hello. What would you like to talk about?", "Good to see you. How are you today?"}}}},
        {"hi", 3, {{"*", {"=hello"}}}},
        {"hey", 3, {{"*", {"=hello"}}}},
        {"sorry",
         3,
         {{"*", {"There is no need to apologise.", "What do you feel when you apologise?"}}}},
        {"thanks", 3, {{"*", {"You are welcome. What else is on your mind?"}}}},
        {"thank", 3, {{"*", {"=thanks"}}}},
        {"bye",
         3,
         {{"*",
           {"Goodbye. Come back whenever you like.", "Until next time. Take care of yourself."}}}},
        {"goodbye", 3, {{"*", {"=bye"}}}},
        {"because",
         3,
         {{"*",
           {"Is that the real reason?", "Are there other reasons?",
            "Does that reason explain anything else?"}}}},
        {"always",
         2,
         {{"*", {"Can you think of one occasion?", "When exactly?", "Really always?"}}}},
        {"never", 2, {{"*", {"Not even once?", "What would have to change?"}}}},
        {"if",
         2,
         {{"* if *", {"Do you think it is likely that (2)?", "What would you do if (2)?"}}}},
        {"like",
         1,
         {{"* is/are like *", {"What resemblance do you see?", "In what way is it like (2)?"}}}},
        {"what",
         0,
         {{"what *",
           {"Why do you ask?", "What answer would please you most?",
            "What comes to your mind when you ask that?"}}}},
        {"why",
         0,
         {{"why do not you *", {"Should I (1)?", "Perhaps I will (1) in good time."}},
          {"why can not i *", {"Do you think you should be able to (1)?"}},
          {"why *", {"Why do you ask?", "What reason would you give?"}}}},
        {"how", 0, {{"how *", {"What do you think?", "Have you asked somebody else?"}}}},
        {"yes", 0, {{"*", {"You seem quite sure.", "I see. Please go on.", "I understand."}}}},
        {"no", 0, {{"*", {"Why not?", "You say no rather quickly.", "Are you sure about that?"}}}},
        {"maybe", 1, {{"*", {"You do not seem quite certain.", "What would make you sure?"}}}},
        {"perhaps", 1, {{"*", {"=maybe"}}}},
    };
}

Script make_script() {
    Script script;
    script.greetings = {"How do you do. Please tell me what is on your mind."};
    script.fallbacks = {"Please go on.",
                        "I am not sure I understand you fully.",
                        "What does that suggest to you?",
                        "Tell me a little more.",
                        "And how do you feel about it?",
                        "That is interesting. Please continue."};
    script.memories = {"Earlier you spoke of your (1).", "Let us return to your (1).",
                       "Does that have anything to do with your (1)?"};
    for (auto* part : {&feelings, &people, &about_me, &about_you, &small_words}) {
        for (auto& keyword : part()) {
            script.keywords.push_back(std::move(keyword));
        }
    }
    return script;
}

}  // namespace

Script const& doctor_script() {
    static Script const script = make_script();  // read-only after the first call, any thread
    return script;
}

}  // namespace apps::eliza
