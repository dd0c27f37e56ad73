#include "apps/eliza/http_agent.hpp"

#include <doctest/doctest.h>

namespace http_agent_test {

using namespace apps::eliza;
using apps::common::HttpEnd;
using apps::common::parse_http_url;

namespace {

struct Heard final : Turn {
    std::string chunks;
    std::string end;
    void chunk(std::string text) override { chunks += "[" + text + "]"; }
    void finish(AgentReply reply) override { end = "said " + reply.text + reply.thought; }
    void fail(std::string error) override { end = "failed: " + error; }
};

struct Answered {
    std::shared_ptr<Heard> turn = std::make_shared<Heard>();
    HttpAnswer answer{turn};
};

std::string answer_of(int status, std::string_view type, std::string_view body,
                      HttpEnd end = HttpEnd::complete) {
    Answered test;
    test.answer.on_head(status, type);
    test.answer.on_body(body);
    test.answer.on_end(end);
    return test.turn->end;
}

}  // namespace

TEST_CASE("URLs of endpoints") {
    auto const plain = parse_http_url("http://agent.test");
    REQUIRE(plain);
    CHECK_FALSE(plain->secure);
    CHECK(plain->host == "agent.test");
    CHECK(plain->port == "80");
    CHECK(plain->path == "/");
    auto const full = parse_http_url("https://[::1]:8443/a/b?c=d#e");
    REQUIRE(full);
    CHECK(full->secure);
    CHECK(full->host == "::1");
    CHECK(full->port == "8443");
    CHECK(full->path == "/a/b?c=d");
    CHECK(parse_http_url("http://a?b")->path == "/?b");
    CHECK(parse_http_url("https://a")->port == "443");
    for (auto const* bad :
         {"", "a", "ftp://a", "http://", "http://:80", "http://a:", "http://a:x", "http://u:p@a/",
          "http://a /", "http://a/\r\nX: y", "http://a:123456"}) {
        CHECK_FALSE_MESSAGE(parse_http_url(bad), bad);
    }
}

TEST_CASE("what an endpoint may answer") {
    CHECK(answer_of(200, "application/json", R"({"text":"hi","thought":"!"})") == "said hi!");
    CHECK(answer_of(200, "text/plain", "hi") == "said hi");
    CHECK(answer_of(200, "", R"({"text":""})") == "said ");
    CHECK(answer_of(200, "", "{}") == "failed: The agent's answer could not be read");
    CHECK(answer_of(200, "", "{\"text\":\"\xff\"}") ==
          "failed: The agent's answer could not be read");
    CHECK(answer_of(200, "text/plain", "a\xff") == "said a\xEF\xBF\xBD");
    CHECK(answer_of(404, "text/plain", "hi") == "failed: The agent answered with status 404");
    CHECK(answer_of(200, "", "", HttpEnd::busy) == "failed: The agent has too much to do");
}

TEST_CASE("pieces of plain text never end within a character") {
    Answered test;
    test.answer.on_head(200, "text/plain; charset=utf-8");
    for (char const byte : std::string("a\xC3\xA9\xF0\x9F\x98\x80z")) {
        test.answer.on_body({&byte, 1});
    }
    CHECK(test.turn->chunks == "[a][][\xC3\xA9][][][][\xF0\x9F\x98\x80][z]");
    test.answer.on_end(HttpEnd::complete);
    CHECK(test.turn->end == "said a\xC3\xA9\xF0\x9F\x98\x80z");
}

}  // namespace http_agent_test
