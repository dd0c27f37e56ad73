#include "engineio/net/log.hpp"

#include "tests/rig/captured_log.hpp"

#include <doctest/doctest.h>

#include <string>

namespace log_test {

using namespace engineio::net;

namespace {

std::string logged(std::string_view text) {
    rig::CapturedLog log;
    log_warn("net", "peer says {}", text);
    return log.take();
}

}  // namespace

TEST_CASE("texts of peers make neither lines nor escapes of their own in the log") {
    CHECK(logged("hello") == "net: peer says hello\n");
    CHECK(logged("a\n2026 [info] all is well") == "net: peer says a?2026 [info] all is well\n");
    CHECK(logged("a\r\nb") == "net: peer says a??b\n");
    CHECK(logged("\x1b[2J\x07\x7f") == "net: peer says ?[2J??\n");
    CHECK(logged(std::string("a\0b", 3)) == "net: peer says a?b\n");
    CHECK(logged("{} {0:x} %s %n") == "net: peer says {} {0:x} %s %n\n");
    CHECK(logged("tab\tis fine") == "net: peer says tab\tis fine\n");
}

TEST_CASE("what terminals take for an escape is none in UTF-8, either") {
    CHECK(logged("\u009b31m").find("\u009b") == std::string::npos);
    CHECK(logged("\u0085").find("\u0085") == std::string::npos);
    CHECK(logged("\u00e9 \u20ac \U0001F600") == "net: peer says \u00e9 \u20ac \U0001F600\n");
    CHECK(logged("\xc2") == "net: peer says \xc2\n");
}

}  // namespace log_test
