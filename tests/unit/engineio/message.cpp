#include "engineio/net/message.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>

namespace message_test {

using namespace engineio::net;

namespace {

std::string bytes(std::initializer_list<int> values) {
    std::string out;
    for (int value : values) {
        out += static_cast<char>(value);
    }
    return out;
}

}  // namespace

TEST_CASE("a message is a handle of one pointer") {
    CHECK(sizeof(Message) == 8);
    Message empty;
    CHECK_FALSE(empty);
}

TEST_CASE("frame header by payload length") {
    struct Row {
        std::size_t size;
        std::string header;
    };
    Row const rows[] = {
        {0, bytes({0x81, 0})},
        {125, bytes({0x81, 125})},
        {126, bytes({0x81, 126, 0, 126})},
        {65535, bytes({0x81, 126, 0xFF, 0xFF})},
        {65536, bytes({0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0})},
    };
    for (Row const& row : rows) {
        CAPTURE(row.size);
        std::string const payload(row.size, 'x');
        Message const message = Message::make(MessageKind::text, payload);
        CHECK(message.size() == row.size);
        CHECK(message.payload() == payload);
        CHECK(message.frame() == row.header + payload);
    }
}

TEST_CASE("binary kind and prefix") {
    Message const message = Message::make(MessageKind::binary, "4", "hello");
    CHECK(message.kind() == MessageKind::binary);
    CHECK(message.payload() == "4hello");
    CHECK(message.frame() == bytes({0x82, 6}) + "4hello");
}

TEST_CASE("copies share the buffer, moves empty the source") {
    Message first = Message::make(MessageKind::text, "shared");
    Message second = first;
    CHECK(first.same(second));
    CHECK(first.payload().data() == second.payload().data());
    Message third = std::move(first);
    CHECK_FALSE(first);
    second = Message{};
    CHECK(third.payload() == "shared");
    Message& alias = third;
    third = alias;  // self-assignment
    CHECK(third.payload() == "shared");
}

TEST_CASE("message: a deflated one differs in RSV1 alone") {
    auto const plain = Message::make(MessageKind::text, "abc");
    auto const deflated = Message::make_deflated(MessageKind::text, "abc");
    CHECK(plain.frame() == "\x81\x03"
                           "abc");
    CHECK(deflated.frame() == "\xc1\x03"
                              "abc");
}

TEST_CASE("message: variants are shared, kept apart by key, and may outlive their message") {
    auto message = Message::make(MessageKind::binary, "plain");
    CHECK_FALSE(message.variant(0));
    auto first = Message::make_deflated(MessageKind::binary, "first");
    message.add_variant(0, first);
    message.add_variant(77, Message::make_deflated(MessageKind::binary, "second"));
    auto const copy = message;
    CHECK(copy.variant(0).same(first));
    CHECK(message.variant(77).payload() == "second");
    CHECK_FALSE(message.variant(76));
    auto const second = message.variant(77);
    message = {};
    CHECK(copy.variant(0).same(first));
    auto const last = copy;
    CHECK(second.payload() == "second");
    first = {};
    CHECK(last.variant(0).payload() == "first");
}

TEST_CASE("message: queued variants live on when the message has gone") {
    Message variant;
    {
        auto const message = Message::make(MessageKind::text, "x");
        message.add_variant(1, Message::make_deflated(MessageKind::text, "one"));
        message.add_variant(2, Message::make_deflated(MessageKind::text, "two"));
        variant = message.variant(1);
    }
    CHECK(variant.payload() == "one");
    CHECK_FALSE(variant.variant(2));
}

}  // namespace message_test
