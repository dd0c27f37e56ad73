// expect: unordered container with socketio::KeyedHash
#include "socketio/handler.hpp"

#include <unordered_set>
#include <vector>

struct Numbers {
    std::vector<std::unordered_set<int>> sets;
    SIO_JSON(Numbers, sets)
};

auto const handler = socketio::make_handler([](Numbers) {});
