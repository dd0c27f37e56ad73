#include "engineio/net/deflate.hpp"

#include "engineio/net/compress.hpp"

#include <doctest/doctest.h>

#include <random>

namespace deflate_test {

using namespace engineio::net;

namespace {

std::string noise(std::size_t size, unsigned seed, unsigned letters) {
    std::mt19937 random(seed);
    std::string out(size, '\0');
    for (char& c : out) {
        c = static_cast<char>(random() % letters);
    }
    return out;
}

constexpr std::size_t limit = 1'000'000;

}  // namespace

TEST_CASE("RFC 7692 section 7.2.3 examples") {
    Inflater inflater(true, limit);
    std::string out;
    std::string_view const hello{"\xf2\x48\xcd\xc9\xc9\x07\x00", 7};
    CHECK(inflater.decompress(hello, out) == InflateError::none);
    CHECK(out == "Hello");
    // The same again, referring to the window of the first message (7.2.3.2).
    CHECK(inflater.decompress({"\xf2\x00\x11\x00\x00", 5}, out) == InflateError::none);
    CHECK(out == "Hello");
    // A stored block (7.2.3.3), a final block (7.2.3.4), two blocks (7.2.3.5).
    CHECK(inflater.decompress({"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", 11}, out) ==
          InflateError::none);
    CHECK(out == "Hello");
    CHECK(inflater.decompress({"\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8}, out) == InflateError::none);
    CHECK(out == "Hello");
    CHECK(inflater.decompress({"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", 13}, out) ==
          InflateError::none);
    CHECK(out == "Hello");
}

TEST_CASE("round trips with and without takeover, every window, several messages") {
    for (bool takeover : {true, false}) {
        for (int bits = 8; bits <= 15; ++bits) {
            CAPTURE(bits);
            Deflater deflater(takeover, bits);
            // A real 8-bit window on the other side is wider in zlib; the compressor must not
            // need it, which the literal-only strategy ensures.
            Inflater inflater(takeover, limit, bits);
            for (std::size_t size : {0U, 1U, 5U, 1024U, 100'000U, 0U, 0U, 70'000U}) {
                std::string const message = noise(size, static_cast<unsigned>(size), 20);
                std::string const packed = deflater.compress(message);
                CHECK(packed.size() >= 1);
                std::string out;
                REQUIRE(inflater.decompress(packed, out) == InflateError::none);
                REQUIRE(out == message);
            }
        }
    }
}

TEST_CASE("takeover makes a repeated message small, its absence repeats the bytes") {
    std::string const message = noise(2000, 1, 60);
    Deflater with(true);
    Deflater without(false);
    std::string const first = with.compress(message);
    CHECK(with.compress(message).size() < first.size() / 10);
    CHECK(without.compress(message) == without.compress(message));
}

TEST_CASE("connections without takeover may interleave on the shared streams") {
    Deflater a(false), b(false, 10);
    Inflater x(false, limit), y(false, limit, 10);
    std::string out;
    for (int i = 0; i < 3; ++i) {
        CHECK(x.decompress(a.compress("message of a"), out) == InflateError::none);
        CHECK(out == "message of a");
        CHECK(y.decompress(b.compress("message of b"), out) == InflateError::none);
        CHECK(out == "message of b");
        CHECK(y.decompress("\xFF\xFF\xFF", out) == InflateError::invalid);
    }
}

TEST_CASE("a bomb stops at the limit") {
    std::string const bomb = Deflater(false).compress(std::string(50'000'000, '\0'));
    CHECK(bomb.size() < 100'000);
    Inflater inflater(false, limit);
    std::string out;
    CHECK(inflater.decompress(bomb, out) == InflateError::too_big);
    CHECK(out.capacity() <= 2 * limit + 100'000);

    std::string const exact = Deflater(false).compress(std::string(limit, 'x'));
    CHECK(inflater.decompress(exact, out) == InflateError::none);
    CHECK(out.size() == limit);
    std::string const over = Deflater(false).compress(std::string(limit + 1, 'x'));
    CHECK(inflater.decompress(over, out) == InflateError::too_big);
}

TEST_CASE("damaged data never breaks the inflater") {
    std::mt19937 random(5);
    std::string const packed = Deflater(false).compress(noise(500, 2, 9));
    for (int i = 0; i < 3000; ++i) {
        std::string broken = packed.substr(0, random() % (packed.size() + 1));
        for (int changes = 0; changes < 3 && !broken.empty(); ++changes) {
            broken[random() % broken.size()] = static_cast<char>(random());
        }
        Inflater inflater(i % 2 == 0, 5000);
        std::string out;
        (void)inflater.decompress(broken, out);
        CHECK(out.size() <= 5000);
    }
}

TEST_CASE("bodies: gzip and zlib formats") {
    std::string const body(5000, 'b');
    std::string const gzip = deflate_body(ContentEncoding::gzip, body);
    CHECK(gzip.substr(0, 3) == "\x1f\x8b\x08");
    CHECK(deflate_body(ContentEncoding::deflate, body)[0] == '\x78');
    CHECK(deflate_body(ContentEncoding::identity, body) == body);
    // The raw part of the zlib format is what the inflater reads.
    Inflater inflater(false, limit);
    std::string out;
    std::string const zlib = deflate_body(ContentEncoding::deflate, body);
    CHECK(inflater.decompress(std::string_view(zlib).substr(2), out) == InflateError::none);
    CHECK(out == body);
}

TEST_CASE("Accept-Encoding") {
    std::pair<char const*, ContentEncoding> const rows[] = {
        {"", ContentEncoding::identity},
        {"gzip", ContentEncoding::gzip},
        {"GZIP", ContentEncoding::gzip},
        {"deflate", ContentEncoding::deflate},
        {"gzip, deflate, br", ContentEncoding::gzip},
        {"deflate, gzip", ContentEncoding::deflate},
        {"deflate;q=0.5, gzip", ContentEncoding::gzip},
        {"gzip;q=0.1, deflate; q=0.2", ContentEncoding::deflate},
        {"*", ContentEncoding::gzip},
        {"deflate, *", ContentEncoding::deflate},
        {"*, gzip;q=0", ContentEncoding::deflate},
        {"gzip;q=0", ContentEncoding::identity},
        {"*;q=0", ContentEncoding::identity},
        {"br", ContentEncoding::identity},
        {"identity", ContentEncoding::identity},
        {"gzip;q=nonsense", ContentEncoding::identity},
        {",,;q=1", ContentEncoding::identity},
    };
    for (auto const& [header, encoding] : rows) {
        CAPTURE(header);
        CHECK(negotiate_encoding(header) == encoding);
    }
    CHECK(negotiate_encoding({}) == ContentEncoding::identity);
    CHECK(encoding_name(ContentEncoding::gzip) == "gzip");
}

}  // namespace deflate_test
