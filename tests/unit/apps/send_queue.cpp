#include "apps/common/send_queue.hpp"

#include <doctest/doctest.h>

#include <string>

namespace send_queue_test {

using namespace apps::common;
using engineio::net::Message;
using engineio::net::MessageKind;

namespace {

void push(SendQueue& queue, std::string_view text, int level) {
    queue.push(Message::make(MessageKind::text, text), level);
}

std::string drain(SendQueue& queue) {
    std::string order;
    while (auto const message = queue.pop()) {
        order += std::string(message.payload()) + " ";
    }
    return order;
}

}  // namespace

TEST_CASE("N05: the urgent goes first, equals stay in order") {
    SendQueue queue;
    push(queue, "d4", 4);
    push(queue, "b2", 2);
    push(queue, "a0", 0);
    push(queue, "b2'", 2);
    push(queue, "a0'", 0);
    push(queue, "c3", 3);
    push(queue, "a1", 1);
    CHECK(drain(queue) == "a0 a0' a1 b2 b2' c3 d4 ");
    CHECK(queue.empty());
    CHECK(queue.bytes() == 0);
}

TEST_CASE("N05: a flood of urgent messages does not starve the others") {
    SendQueue queue;
    push(queue, "low", 4);
    push(queue, "low'", 4);
    for (int i = 0; i < 3 * SendQueue::urgent_run; ++i) {
        push(queue, "!", 0);
    }
    std::string const urgent = [] {
        std::string text;
        for (int i = 0; i < SendQueue::urgent_run; ++i) {
            text += "! ";
        }
        return text;
    }();
    CHECK(drain(queue) == urgent + "low " + urgent + "low' " + urgent);
}

TEST_CASE("a queue knows the bytes that wait and gives nothing when empty") {
    SendQueue queue;
    CHECK_FALSE(queue.pop());
    push(queue, std::string(200, 'x'), 1);
    push(queue, "y", 1);
    CHECK(queue.bytes() == 204 + 3);  // frames with their headers
    CHECK(queue.size() == 2);
    queue.pop();
    CHECK(queue.bytes() == 3);
    CHECK(queue.size() == 1);
}

}  // namespace send_queue_test
