#include "engineio/net/allowed_hosts.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

namespace allowed_hosts_test {

using engineio::net::AllowedHosts;

TEST_CASE("allowed_hosts: any without entries") {
    AllowedHosts const hosts({});
    CHECK(hosts.admits("example.org"));
    CHECK(hosts.admits(""));
}

TEST_CASE("allowed_hosts: names, whatever their case and port") {
    AllowedHosts const hosts({"Example.org", "192.0.2.1", "::1"});
    for (auto const* host : {"", "example.org", "EXAMPLE.ORG:8080", "192.0.2.1", "192.0.2.1:80",
                             "[::1]", "[::1]:80"}) {
        CAPTURE(host);
        CHECK(hosts.admits(host));
    }
    for (auto const* host :
         {"www.example.org", "example.org.evil.example", "evil.example", "192.0.2.2", "[::2]", "[",
          "[]", "]", ":", ":80", "example.org.", "[::1", "[::1]x", "[::1]:x", "example.org:x",
          "example.org:80:80", "x@example.org"}) {
        CAPTURE(host);
        CHECK_FALSE(hosts.admits(host));
    }
}

TEST_CASE("allowed_hosts: all below a name") {
    AllowedHosts const hosts({".localhost"});
    CHECK(hosts.admits("localhost:3000"));
    CHECK(hosts.admits("app.localhost"));
    CHECK_FALSE(hosts.admits("evillocalhost"));
    CHECK_FALSE(hosts.admits("localhost.evil.example"));
    CHECK_FALSE(hosts.admits("127.0.0.1"));
}

TEST_CASE("allowed_hosts: any address") {
    AllowedHosts const hosts({"addresses"});
    CHECK(hosts.admits("127.0.0.1:80"));
    CHECK(hosts.admits("[2001:db8::7]:80"));
    CHECK_FALSE(hosts.admits("localhost"));
    CHECK_FALSE(hosts.admits("127.0.0.1.evil.example"));
    CHECK_FALSE(hosts.admits("7f000001.rbndr.example"));
}

TEST_CASE("allowed_hosts: an entry that no request could be for is named") {
    for (std::string const entry : {"", ".", "https://example.org", "example.org:80", "*", "a b",
                                    "example.org/x", "[::1]", "a,b"}) {
        CAPTURE(entry);
        CHECK_THROWS_WITH_AS(
            AllowedHosts({"ok.example", entry}),
            ("allowed_hosts: \"" + entry + "\" is no name of a host, without scheme and port")
                .c_str(),
            std::invalid_argument);
    }
}

}  // namespace allowed_hosts_test
