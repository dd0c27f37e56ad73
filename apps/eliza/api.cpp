#include "apps/eliza/api.hpp"

#include "apps/eliza/replies.hpp"
#include "apps/eliza/times.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace apps::eliza {

namespace {

constexpr std::size_t max_listed_logs = LogBook::max_lines;

Refusal as_error(std::string message, int status) {
    return {std::move(message), "", "", status};
}

std::size_t log_count(std::string const& text) {
    std::size_t count = max_listed_logs;
    std::from_chars(text.data(), text.data() + text.size(), count);
    return std::min(count, max_listed_logs);
}

}  // namespace

std::optional<Api::Reply> Api::check(Call const& call) const {
    auto const path = call.request.path();
    // The page has to learn that it needs a key.
    bool const open = !path.starts_with("/api/") || path == "/api/system/config";
    if (open || access_.is_key(call.request.header("x-api-key"))) {
        return std::nullopt;
    }
    return refusal_reply(as_error("Unauthorized: Invalid or missing X-API-KEY", 401));
}

Api::Json Api::version() const {
    constexpr double ms_per_second = 1000;
    auto const now = desk_.now();
    return Json::object({{"version", "1.7.2"},
                         {"source", "hubbub"},
                         {"timestamp", iso_time(now)},
                         {"environment", "production"},
                         {"uptime", static_cast<double>(now - started_) / ms_per_second}});
}

Api::Json Api::config() const {
    return success(Json::object({{"requiresAuth", !access_.api_key.empty()}}));
}

Api::Json Api::ping() const {
    return Json::object({{"pong", true}, {"timestamp", desk_.now()}});
}

Api::Json Api::health() const {
    return Json::object({{"status", "ok"}, {"timestamp", iso_time(desk_.now())}});
}

Api::Json Api::logs(LogQuery query) const {
    LogFilter filter;
    filter.level = log_level(std::string_view(query.level.value_or("all"))).value_or(0);
    filter.agent = query.agentName.value_or("all");
    LogList list;
    for (auto const& line : journal_.list(filter, log_count(query.limit.value_or("")))) {
        list.logs.push_back(entry_of(line));
    }
    list.count = list.logs.size();
    list.total = journal_.size();
    list.requestedLevel = list.level = query.level.value_or("all");
    list.levels = log_level_names();
    return socketio::to_json(list);
}

Api::Json Api::search_logs(std::optional<Json> body) const {
    LogQuery query;
    auto const read = [&](char const* name, std::optional<std::string>& out) {
        auto const& value = (*body)[name];
        if (auto const* text = value.string()) {
            out = *text;
        } else if (value.is_number()) {
            out = value.dump();
        }
    };
    if (body) {
        read("level", query.level);
        read("agentName", query.agentName);
        read("limit", query.limit);
    }
    return logs(std::move(query));
}

Api::Json Api::clear_logs() {
    journal_.clear();
    auto answer = logs({});
    answer.set("success", true);
    answer.set("status", "success");
    answer.set("message", "Logs cleared successfully");
    answer.set("data", Json::object({{"message", "Logs cleared successfully"}}));
    return answer;
}

Api::Task Api::agents() {
    auto work = [](Eliza& rules) { return rules.agents(); };
    auto const outcome = co_await desk_.ask(std::move(work));
    co_return reply_of(outcome, [](std::vector<AgentState> const& agents) {
        return Json::object({{"agents", socketio::to_json(views_of(agents))}});
    });
}

Api::Task Api::agent(std::string id) {
    auto work = [id](Eliza& rules) { return rules.agent(id); };
    auto const outcome = co_await desk_.ask(std::move(work));
    co_return reply_of(outcome, character_of);
}

Api::Task Api::panels(std::string id) {
    auto work = [id](Eliza& rules) { return rules.agent(id); };
    auto const outcome = co_await desk_.ask(std::move(work));
    co_return reply_of(outcome, [](AgentState const&) { return Json::array(); });
}

Api::Task Api::set_active(std::string id, bool active) {
    auto work = [id, active](Eliza& rules) { return rules.set_active(id, active); };
    auto const state = co_await desk_.ask(std::move(work));
    if (state) {
        journal_.write(30, active ? "Agent started" : "Agent stopped", *state);
    }
    co_return reply_of(state, [](AgentState const& agent) { return view_of(agent); });
}

Api::Task Api::start_agent(std::string id) {
    return set_active(std::move(id), true);
}

Api::Task Api::stop_agent(std::string id) {
    return set_active(std::move(id), false);
}

Api::Json Api::current_server() const {
    return success(Json::object({{"messageServerId", default_server_id}}));
}

Api::Task Api::servers(Call& call) {
    auto work = [](Eliza& rules) { return rules.servers(); };
    auto const turn = co_await turn_of(call);
    if (!turn) {
        co_return too_many_reads();
    }
    auto const outcome = co_await desk_.ask(std::move(work));
    co_return reply_of(outcome, [](std::vector<Server> const& servers) {
        auto const list = socketio::to_json(views_of(servers));
        return Json::object({{"messageServers", list}, {"servers", list}});
    });
}

Api::Task Api::make_server(Json body) {
    auto work = [body](Eliza& rules) {
        auto const type = first_text(body, {"sourceType", "source_type"});
        return rules.make_server(first_text(body, {"name"}), type, object_of(body["metadata"]));
    };
    auto const outcome = co_await desk_.ask(std::move(work));
    co_return reply_of(
        outcome, [](Server const& server) { return view_of(server); }, 201);
}

Api::Task Api::remove_server(std::string id) {
    auto work = [id](Eliza& rules) { return rules.remove_server(id); };
    auto const outcome = co_await desk_.ask(std::move(work));
    co_return empty_reply(outcome);
}

Api::Task Api::server_agents(std::string server) {
    auto work = [server](Eliza& rules) { return rules.agents_of_server(server); };
    auto const outcome = co_await desk_.ask(std::move(work));
    co_return reply_of(outcome, [server](std::vector<std::string> const& agents) {
        return Json::object({{"messageServerId", server}, {"agents", socketio::to_json(agents)}});
    });
}

Api::Task Api::add_server_agent(std::string server, Json body) {
    auto const agent = first_text(body, {"agentId"});
    auto work = [=](Eliza& rules) { return rules.set_server_agent(server, agent, true); };
    auto const view = [agent](Server const& known) {
        return Json::object({{"messageServerId", known.id}, {"agentId", agent}});
    };
    auto const outcome = co_await desk_.ask(std::move(work));
    co_return reply_of(outcome, view, 201);
}

Api::Task Api::remove_server_agent(std::string server, std::string agent) {
    auto work = [=](Eliza& rules) { return rules.set_server_agent(server, agent, false); };
    auto const view = [agent](Server const& known) {
        return Json::object({{"messageServerId", known.id}, {"agentId", agent}});
    };
    auto const outcome = co_await desk_.ask(std::move(work));
    co_return reply_of(outcome, view);
}

Api::Task Api::agent_servers(std::string agent) {
    auto work = [agent](Eliza& rules) { return rules.servers_of_agent(agent); };
    auto const outcome = co_await desk_.ask(std::move(work));
    co_return reply_of(outcome, [agent](std::vector<std::string> const& servers) {
        return Json::object({{"agentId", agent}, {"messageServers", socketio::to_json(servers)}});
    });
}

}  // namespace apps::eliza
