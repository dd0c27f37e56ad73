#include "apps/eliza/phrases.hpp"

#include <doctest/doctest.h>

namespace phrases_test {

using namespace apps::eliza;

namespace {

std::vector<Words> matched(std::string_view pattern, Words const& words) {
    auto const pieces = match(pattern, words);
    REQUIRE(pieces);
    return *pieces;
}

}  // namespace

TEST_CASE("sentences are cut, lowered and opened") {
    CHECK(sentences_of("").empty());
    CHECK(sentences_of("  ...!? ").empty());
    CHECK(sentences_of("Hello there. I'm SAD") ==
          std::vector<Words>{{"hello", "there"}, {"i", "am", "sad"}});
    CHECK(sentences_of("I don\xE2\x80\x99t") == std::vector<Words>{{"i", "do", "not"}});
    CHECK(sentences_of("caf\xC3\xA9") == std::vector<Words>{{"caf\xC3\xA9"}});
}

TEST_CASE("a line has at most 200 words") {
    std::string line;
    for (int i = 0; i < 1000; ++i) {
        line += "a ";
    }
    CHECK(sentences_of(line).front().size() == 200);
}

TEST_CASE("patterns") {
    CHECK(matched("*", {}) == std::vector<Words>{{}});
    CHECK(matched("* i am *", {"now", "i", "am", "here", "too"}) ==
          std::vector<Words>{{"now"}, {"here", "too"}});
    CHECK(matched("* i need/want *", {"i", "want", "tea"}) == std::vector<Words>{{}, {"tea"}});
    CHECK(matched("* i * you", {"i", "like", "you"}) == std::vector<Words>{{}, {"like"}});
    CHECK(matched("* i * you", {"i", "ask", "you", "like", "you"})[1] ==
          Words{"ask", "you", "like"});
    CHECK(matched("why *", {"why", "me"}) == std::vector<Words>{{"me"}});
    CHECK_FALSE(match("why *", {"but", "why"}));
    CHECK_FALSE(match("* i am *", {"i", "was"}));
    CHECK_FALSE(match("* you", {"you", "there"}));
    CHECK_FALSE(match("* a * a", {"a"}));
    CHECK(match("hello", {"hello"}));
    CHECK_FALSE(match("hello", {"hello", "you"}));
}

TEST_CASE("words are turned round") {
    CHECK(reflected({"my", "cat", "hates", "me"}) == "your cat hates you");
    CHECK(reflected({"you", "are", "mean", "to", "me"}) == "I am mean to you");
    CHECK(reflected({"i", "like", "you"}) == "you like me");
    CHECK(reflected({}).empty());
}

TEST_CASE("answers are put together") {
    CHECK(assembled("why (2)?", {{}, {"my", "cat"}}) == "Why your cat?");
    CHECK(assembled("(9) and (x) and (", {{}}) == " and (x) and (");
}

}  // namespace phrases_test
