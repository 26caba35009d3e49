output "queue_url" {
  description = "The queue of hints: aws.queue_url."
  value       = aws_sqs_queue.live.url
}

output "queue_arn" {
  description = "The queue's ARN."
  value       = aws_sqs_queue.live.arn

  # Rules and schedules are tried against the policy as soon as they stand.
  depends_on = [aws_sqs_queue_policy.this]
}

output "queue_name" {
  description = "The queue's name, as metrics have it."
  value       = aws_sqs_queue.live.name
}

output "dead_letter_url" {
  description = "The queue for what was received too often: aws.dead_letter_url."
  value       = aws_sqs_queue.dead.url
}

output "dead_letter_arn" {
  description = "The dead-letter queue's ARN."
  value       = aws_sqs_queue.dead.arn

  depends_on = [aws_sqs_queue_policy.this]
}

output "dead_letter_name" {
  description = "The dead-letter queue's name, as metrics have it."
  value       = aws_sqs_queue.dead.name
}
