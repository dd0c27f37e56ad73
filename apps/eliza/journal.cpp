#include "apps/eliza/journal.hpp"

#include "apps/common/clipped.hpp"
#include "apps/eliza/views.hpp"
#include "apps/eliza/visitor.hpp"

#include <utility>

namespace apps::eliza {

namespace {

constexpr char seed_log_room[] = "logs";
constexpr std::size_t max_agent_name_bytes = 128;

}  // namespace

void Journal::write(int level, std::string text, AgentState const& agent, std::string channel) {
    LogLine line{level, clock_(), std::move(text), agent.id, agent.name, std::move(channel)};
    auto const entry = entry_of(line);
    auto rooms = book_.with([&](LogBook& book) {
        auto wanted = book.rooms_for(line);
        book.add(std::move(line));
        return wanted;
    });
    for (auto const& room : rooms) {
        nsp_.to(room).emit("log_stream", LogStream{"log_entry", entry});
    }
    rooms.emplace_back(seed_log_room);
    nsp_.to(std::move(rooms)).emit("logEntry", entry);
}

void Journal::subscribe(Socket& socket) {
    auto& visitor = socket.data<Visitor>();
    if (!visitor.filter) {
        socket.leave(seed_log_room);
        visitor.filter.emplace();
        book_.with([&](LogBook& book) { book.listen(*visitor.filter); });
        socket.join(visitor.filter->room());
    }
    socket.emit("log_subscription_confirmed", LogSubscription{true, "Subscribed to log stream"});
}

void Journal::unsubscribe(Socket& socket) {
    drop_filter(socket);
    socket.leave(seed_log_room);
    socket.emit("log_subscription_confirmed",
                LogSubscription{false, "Unsubscribed from log stream"});
}

void Journal::set_filter(Socket& socket, socketio::Json filters) {
    auto const refuse = [&](char const* why) {
        socket.emit("log_filters_updated", LogFiltersUpdated{false, std::nullopt, why});
    };
    auto& visitor = socket.data<Visitor>();
    if (!visitor.filter) {
        refuse("Client not subscribed to log stream");
        return;
    }
    auto wanted = *visitor.filter;
    if (auto const* agent = filters["agentName"].string()) {
        wanted.agent = common::clipped(*agent, max_agent_name_bytes);
    }
    if (filters.contains("level")) {
        auto const level = log_level(filters["level"]);
        if (!level) {
            refuse("Unknown log level");
            return;
        }
        wanted.level = *level;
    }
    drop_filter(socket);
    visitor.filter = wanted;
    book_.with([&](LogBook& book) { book.listen(wanted); });
    socket.join(wanted.room());
    socket.emit("log_filters_updated",
                LogFiltersUpdated{true, LogFilterView{wanted.agent, wanted.level}, std::nullopt});
}

void Journal::add_seed_listener(Socket& socket) {
    if (!socket.data<Visitor>().filter) {
        socket.join(seed_log_room);
    }
}

void Journal::gone(Socket& socket) {
    drop_filter(socket);
}

void Journal::drop_filter(Socket& socket) {
    auto& filter = socket.data<Visitor>().filter;
    if (filter) {
        socket.leave(filter->room());
        book_.with([&](LogBook& book) { book.unlisten(*filter); });
        filter.reset();
    }
}

std::vector<LogLine> Journal::list(LogFilter const& filter, std::size_t limit) {
    return book_.with([&](LogBook& book) { return book.list(filter, limit); });
}

std::size_t Journal::size() {
    return book_.with([](LogBook& book) { return book.size(); });
}

void Journal::clear() {
    book_.with([](LogBook& book) { book.clear(); });
}

}  // namespace apps::eliza
