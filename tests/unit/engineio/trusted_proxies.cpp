#include "engineio/net/trusted_proxies.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

namespace trusted_proxies_test {

using namespace engineio::net;

namespace {

TrustedProxies trusting(std::vector<std::string> entries,
                        ForwardedHeader header = ForwardedHeader::x_forwarded_for) {
    HttpOptions options;
    options.trust_proxy = std::move(entries);
    options.forwarded_header = header;
    return TrustedProxies(options);
}

struct Row {
    char const* peer;
    char const* header;
    char const* client;
};

}  // namespace

TEST_CASE("trusted_proxies: X-Forwarded-For from the right to the first stranger") {
    auto const proxies = trusting({"10.0.0.0/8", "2001:db8::/33", "192.0.2.7"});
    for (auto const& [peer, header, client] : {
             Row{"203.0.113.9", "1.1.1.1", "203.0.113.9"},  // a stranger is not believed
             Row{"11.0.0.1", "1.1.1.1", "11.0.0.1"},
             Row{"192.0.2.8", "1.1.1.1", "192.0.2.8"},
             Row{"", "1.1.1.1", ""},  // nor is a Unix peer
             Row{"10.0.0.1", "1.1.1.1", "1.1.1.1"},
             Row{"10.255.0.1", "1.1.1.1", "1.1.1.1"},
             Row{"192.0.2.7", "1.1.1.1", "1.1.1.1"},
             Row{"2001:db8:7fff::1", "1.1.1.1", "1.1.1.1"},
             Row{"2001:db8:8000::1", "1.1.1.1", "2001:db8:8000::1"},
             Row{"10.0.0.1", "", "10.0.0.1"},
             Row{"10.0.0.1", "9.9.9.9, 1.1.1.1", "1.1.1.1"},  // 9.9.9.9 is the client's claim
             Row{"10.0.0.1", "9.9.9.9,1.1.1.1,10.0.0.2,192.0.2.7", "1.1.1.1"},
             Row{"10.0.0.1", "10.0.0.3 , 10.0.0.2", "10.0.0.3"},  // all ours: the farthest
             Row{"10.0.0.1", "1.1.1.1:8080", "1.1.1.1"},
             Row{"10.0.0.1", "[2001:DB9::1]:443", "2001:db9::1"},
             Row{"10.0.0.1", "2001:0db9:0::0001", "2001:db9::1"},
             Row{"10.0.0.1", "::ffff:1.1.1.1", "1.1.1.1"},
             Row{"10.0.0.1", "1.1.1.1, ::ffff:10.0.0.2", "1.1.1.1"},
             Row{"10.0.0.1", "1.1.1.1, unknown", "10.0.0.1"},
             Row{"10.0.0.1", "1.1.1.1, , 10.0.0.2", "10.0.0.2"},
             Row{"10.0.0.1", "1.1.1.1,", "10.0.0.1"},
             Row{"10.0.0.1", "256.1.1.1", "10.0.0.1"},
             Row{"10.0.0.1", "[", "10.0.0.1"},
             Row{"10.0.0.1", "1.1.1.1<script>", "10.0.0.1"},
             Row{"10.0.0.1", "11111111111111111111111111111111111111111111111", "10.0.0.1"},
         }) {
        CAPTURE(peer);
        CAPTURE(header);
        Headers headers = {{"forwarded", "for=8.8.8.8"}};
        if (*header) {
            headers.push_back({"x-forwarded-for", header});
        }
        CHECK(proxies.client_address(peer, headers) == client);
    }
}

TEST_CASE("trusted_proxies: Forwarded (RFC 7239) if that is what the proxies write") {
    auto const proxies = trusting({"10.0.0.0/8"}, ForwardedHeader::forwarded);
    for (auto const& [peer, header, client] : {
             Row{"10.0.0.1", "for=1.1.1.1", "1.1.1.1"},
             Row{"10.0.0.1", "proto=https;For=\"1.1.1.1:80\" ; by=10.0.0.1", "1.1.1.1"},
             Row{"10.0.0.1", "for=9.9.9.9, for=\"[2001:db8::17]:4711\"", "2001:db8::17"},
             Row{"10.0.0.1", "for=1.1.1.1;by=x, for=10.0.0.2", "1.1.1.1"},
             Row{"10.0.0.1", "for=\"x, for=1.1.1.1", "1.1.1.1"},  // an open quote swallows nothing
             Row{"10.0.0.1", "for=_hidden", "10.0.0.1"},
             Row{"10.0.0.1", "by=1.1.1.1", "10.0.0.1"},
             Row{"10.0.0.1", "for", "10.0.0.1"},
             Row{"10.0.0.1", "1.1.1.1", "10.0.0.1"},
         }) {
        CAPTURE(header);
        Headers const headers = {{"x-forwarded-for", "8.8.8.8"}, {"forwarded", header}};
        CHECK(proxies.client_address(peer, headers) == client);
    }
}

TEST_CASE(
    "trusted_proxies: whether the client came over TLS, in the word of the last one trusted") {
    struct Secure {
        char const* peer;
        char const* header;
        bool secure;
    };
    auto const proxies = trusting({"10.0.0.0/8"});
    for (auto const& [peer, header, secure] :
         {Secure{"10.0.0.1", "https", true}, Secure{"10.0.0.1", "HTTPS ", true},
          Secure{"10.0.0.1", "http", false}, Secure{"10.0.0.1", "", false},
          Secure{"10.0.0.1", "http, https", true}, Secure{"10.0.0.1", "https,http", false},
          Secure{"10.0.0.1", "https,", false}, Secure{"192.0.2.8", "https", false},
          Secure{"", "https", false}}) {
        CAPTURE(header);
        Headers const headers = {{"x-forwarded-proto", header}, {"forwarded", "proto=https"}};
        CHECK(proxies.client_secure(peer, headers) == secure);
    }
    CHECK_FALSE(proxies.client_secure("10.0.0.1", {}));
    auto const standard = trusting({"10.0.0.0/8"}, ForwardedHeader::forwarded);
    for (auto const& [peer, header, secure] :
         {Secure{"10.0.0.1", "for=1.1.1.1;proto=https", true},
          Secure{"10.0.0.1", "Proto=\"https\" ; for=_hidden", true},
          Secure{"10.0.0.1", "for=1.1.1.1;proto=http", false},
          Secure{"10.0.0.1", "for=1.1.1.1", false},
          Secure{"10.0.0.1", "for=9.9.9.9;proto=https, for=1.1.1.1;proto=http", false},
          Secure{"10.0.0.1", "for=1.1.1.1;proto=https, for=10.0.0.2;proto=http", true},
          Secure{"192.0.2.8", "for=1.1.1.1;proto=https", false}}) {
        CAPTURE(header);
        Headers const headers = {{"x-forwarded-proto", "https"}, {"forwarded", header}};
        CHECK(standard.client_secure(peer, headers) == secure);
    }
}

TEST_CASE("trusted_proxies: names of networks, and Unix peers") {
    Headers const headers = {{"x-forwarded-for", "1.1.1.1"}};
    for (auto const& [entry, peer] : std::initializer_list<std::pair<char const*, char const*>>{
             {"loopback", "127.1.2.3"},
             {"loopback", "::1"},
             {"linklocal", "169.254.7.7"},
             {"linklocal", "fe80::1"},
             {"uniquelocal", "10.1.1.1"},
             {"uniquelocal", "172.31.255.255"},
             {"uniquelocal", "192.168.0.1"},
             {"uniquelocal", "fd12::1"},
             {"unix", ""},
             {"0.0.0.0/0", "8.8.8.8"},
             {"::/0", "8.8.8.8"},
             {"::/0", "2001::1"}}) {
        CAPTURE(entry);
        CHECK(trusting({entry}).client_address(peer, headers) == "1.1.1.1");
    }
    CHECK(trusting({"uniquelocal"}).client_address("172.32.0.1", headers) == "172.32.0.1");
    CHECK(trusting({"0.0.0.0/0"}).client_address("2001::1", headers) == "2001::1");
    CHECK(trusting({}).client_address("127.0.0.1", headers) == "127.0.0.1");
}

TEST_CASE("trusted_proxies: a wrong entry is named") {
    for (auto const* entry : {"", "localhost", "1.2.3", "1.2.3.4/33", "::1/129", "1.2.3.4/", "/8",
                              "1.2.3.4/8x", "1.2.3.4/-1", "[::1]"}) {
        CAPTURE(entry);
        CHECK_THROWS_WITH_AS(trusting({entry}),
                             (std::string("trust_proxy: no address or network: ") + entry).c_str(),
                             std::invalid_argument);
    }
}

}  // namespace trusted_proxies_test
