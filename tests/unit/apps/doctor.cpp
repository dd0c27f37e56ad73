#include "apps/eliza/doctor.hpp"

#include <doctest/doctest.h>

namespace doctor_test {

using namespace apps::eliza;

TEST_CASE("the doctor quotes and turns round") {
    DoctorConversation doctor(doctor_script());
    CHECK(doctor.answer("I need a rest") == "What would it mean to you to get a rest?");
    CHECK(doctor.answer("I need a rest") == "Why do you want a rest?");
    CHECK(doctor.answer("I am late") == "How long have you been late?");
}

TEST_CASE("the highest keyword of a sentence wins") {
    DoctorConversation doctor(doctor_script());
    CHECK(doctor.answer("I want my mother") == "Tell me more about your family.");
    CHECK(doctor.answer("I think you are a machine") == "Do machines worry you?");
}

TEST_CASE("redirects reach the other keyword's rules") {
    DoctorConversation doctor(doctor_script());
    CHECK(doctor.answer("Hi!") == "Hello. What would you like to talk about?");
}

TEST_CASE("the doctor comes back to what was yours") {
    DoctorConversation doctor(doctor_script());
    doctor.answer("My boyfriend made me come here");
    CHECK(doctor.answer("Xyzzy.") == "Earlier you spoke of your boyfriend made you come here.");
    CHECK(doctor.answer("Xyzzy.") == "Please go on.");
}

TEST_CASE("nothing said is answered too") {
    DoctorConversation doctor(doctor_script());
    CHECK(doctor.answer("") == "How do you do. Please tell me what is on your mind.");
    CHECK_FALSE(doctor.answer("???").empty());
}

TEST_CASE("the script is sound") {
    auto const& script = doctor_script();
    for (auto const& keyword : script.keywords) {
        for (auto const& rule : keyword.rules) {
            REQUIRE_FALSE(rule.answers.empty());
            for (auto const answer : rule.answers) {
                REQUIRE_FALSE(answer.empty());
                if (answer.front() != '=') {
                    continue;
                }
                bool found = false;
                for (auto const& other : script.keywords) {
                    found = found || other.word == answer.substr(1);
                }
                CHECK_MESSAGE(found, keyword.word);
            }
        }
    }
}

TEST_CASE("long and odd lines are answered") {
    DoctorConversation doctor(doctor_script());
    std::string line;
    for (int i = 0; i < 2000; ++i) {
        line += "i am my you ";
    }
    CHECK_FALSE(doctor.answer(line).empty());
    CHECK_FALSE(doctor.answer("\xF0\x9F\x90\x89 (1) =mother \x01").empty());
}

}  // namespace doctor_test
