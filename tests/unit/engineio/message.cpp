#include "engineio/net/message.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>

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
