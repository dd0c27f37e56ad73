// expect: this type can't be read from JSON: add SIO_JSON(Type, members...) to it
#include "socketio/handler.hpp"

struct Plain {
    int member;
};

auto const handler = socketio::make_handler([](Plain) {});
