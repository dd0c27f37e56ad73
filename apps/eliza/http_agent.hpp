#pragma once

#include "apps/common/http_client.hpp"
#include "apps/eliza/agent.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace apps::eliza {

struct HttpAgentOptions {
    common::HttpTarget target;
    std::string name;
    std::string key;  ///< sent as "Authorization: Bearer …"; empty: none
    std::chrono::milliseconds timeout{30'000};
};

/// An agent whose words come from an HTTP endpoint of the operator. Each question is a POST of
///
///     {agentId, agentName, channelId, messageServerId, messageId, senderId, senderName, text,
///      history: [{senderId, senderName, text, createdAt}]}
///
/// answered by 200 and either application/json {text, thought?, actions?} or text/plain, whose
/// pieces people see as they come (`messageStreamChunk`). An empty text is silence. Everything else
/// is a failure, told to the channel (`messageStreamError`) without address or key.
class HttpAgent final : public Agent {
public:
    HttpAgent(common::HttpClient& client, HttpAgentOptions options);

    std::string const& id() const override { return id_; }
    std::string const& name() const override { return options_.name; }
    std::string const& bio() const override { return bio_; }
    void answer(Prompt prompt, std::shared_ptr<Turn> turn) override;

private:
    common::HttpClient& client_;
    HttpAgentOptions options_;
    std::string id_;
    std::string bio_;
};

/// Reads the endpoint's answer into an agent's turn.
class HttpAnswer final : public common::HttpListener {
public:
    explicit HttpAnswer(std::shared_ptr<Turn> turn) : turn_(std::move(turn)) {}

    void on_head(int status, std::string_view content_type) override;
    void on_body(std::string_view piece) override;
    void on_end(common::HttpEnd end) override;

private:
    void finish();

    std::shared_ptr<Turn> turn_;
    int status_ = 0;
    bool streamed_ = false;
    std::string body_;
    std::size_t told_ = 0;  // bytes of the body that went out as pieces
};

}  // namespace apps::eliza
